//! Everything that can be wrong with what the crate is given.

use std::fmt;

use crate::features::Feature;
use crate::sync::Lost;
use crate::types::{Place, SharedTypeIndex, TypeIndex};

/// A result whose error is typereg's.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an input or an argument was refused. Whatever was refused has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Malformed bytes or text.
    Decode {
        /// What was expected, and what was found.
        message: String,
        /// The offset in bytes from the start of the input (for WAT, in UTF-8 bytes).
        offset: usize,
    },
    /// Well-formed and invalid.
    Validation {
        /// The rule that is broken.
        message: String,
        /// The offset in bytes, where the types came from bytes.
        offset: Option<usize>,
        /// The type at fault: its module type index, or its position in a group built by hand.
        type_index: Option<u32>,
    },
    /// More than a limit allows, or than memory holds (then the limit is `memory`).
    Limit {
        /// The field of [`Limits`](crate::Limits), or `memory`, or `module_bytes`: the size of what
        /// is to be written.
        limit: &'static str,
        /// What was asked for.
        value: u64,
        /// What is allowed.
        bound: u64,
        /// The offset in bytes, where the types came from bytes.
        offset: Option<usize>,
    },
    /// Input that needs a feature which is off, or which typereg does not have.
    UnsupportedFeature {
        /// The feature it needs.
        feature: Feature,
        /// The offset in bytes, where the types came from bytes.
        offset: Option<usize>,
    },
    /// An index or handle of one engine given to another.
    ForeignEngine {
        /// What was given.
        what: String,
        /// Where it stands, in a group built by hand.
        place: Option<Place>,
    },
    /// An index whose type was freed, given where a live one is needed.
    StaleIndex {
        /// The index.
        index: SharedTypeIndex,
        /// Where it stands, in a group built by hand.
        place: Option<Place>,
    },
    /// A reference in the wrong index space for the place it stands in.
    NotCanonical {
        /// The reference.
        index: TypeIndex,
        /// What the place takes.
        expected: &'static str,
        /// Where it stands, in a group built by hand.
        place: Option<Place>,
    },
    /// An engine that this process inherited through a fork while another thread held its lock.
    Forked,
    /// A position beyond the members of a group.
    NoSuchMember {
        /// The position.
        position: u32,
        /// How many members there are.
        members: u32,
    },
    /// A type index that does not exist in the module it was asked of.
    NoSuchType {
        /// The index.
        index: u32,
        /// How many types there are.
        types: u32,
    },
}

/// A result on a hot path: as small as a pointer where the value is small.
pub(crate) type BoxResult<T> = std::result::Result<T, Box<Error>>;

impl From<Box<Error>> for Error {
    fn from(error: Box<Error>) -> Error {
        *error
    }
}

impl From<Lost> for Error {
    fn from(_: Lost) -> Error {
        Error::Forked
    }
}

impl Error {
    #[cold]
    pub(crate) fn decode(offset: usize, message: impl Into<String>) -> Error {
        Error::Decode {
            message: message.into(),
            offset,
        }
    }

    /// The same error of a reference, where that stands in a group built by hand.
    #[cold]
    pub(crate) fn of_reference(mut self, at: Option<Place>) -> Error {
        match &mut self {
            Error::ForeignEngine { place, .. }
            | Error::StaleIndex { place, .. }
            | Error::NotCanonical { place, .. } => *place = at,
            Error::Validation {
                message,
                type_index,
                ..
            } => {
                if let Some(Place { member, part }) = at {
                    *type_index = Some(member);
                    *message = format!("its {part} {message}");
                }
            }
            Error::Decode { .. }
            | Error::Limit { .. }
            | Error::UnsupportedFeature { .. }
            | Error::Forked
            | Error::NoSuchMember { .. }
            | Error::NoSuchType { .. } => {}
        }
        self
    }

    /// A failed reservation of memory for `value` more items.
    #[cold]
    pub(crate) fn out_of_memory(value: usize) -> Error {
        Error::Limit {
            limit: "memory",
            value: value as u64,
            bound: 0,
            offset: None,
        }
    }
}

/// Writes `type N, field 0: ` where a place is known.
fn within(f: &mut fmt::Formatter<'_>, place: Option<Place>) -> fmt::Result {
    place.map_or(Ok(()), |place| write!(f, "{place}: "))
}

/// Appends ` (at offset N)` where an offset is known.
fn at(f: &mut fmt::Formatter<'_>, offset: Option<usize>) -> fmt::Result {
    offset.map_or(Ok(()), |offset| write!(f, " (at offset {offset:#x})"))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Decode { message, offset } => {
                write!(f, "{message}")?;
                at(f, Some(*offset))
            }
            Error::Validation {
                message,
                offset,
                type_index,
            } => {
                if let Some(index) = type_index {
                    write!(f, "type {index}: ")?;
                }
                write!(f, "{message}")?;
                at(f, *offset)
            }
            Error::Limit {
                limit: "memory",
                value,
                ..
            } => write!(f, "no memory for {value} more items"),
            Error::Limit {
                limit,
                value,
                bound,
                offset,
            } => {
                write!(f, "{value} is more than the limit `{limit}` of {bound}")?;
                at(f, *offset)
            }
            Error::UnsupportedFeature { feature, offset } => {
                let hint = if feature.can_be_enabled() {
                    "which is not enabled"
                } else {
                    "which is not supported"
                };
                write!(f, "this needs the feature `{}`, {hint}", feature.name())?;
                at(f, *offset)
            }
            Error::ForeignEngine { what, place } => {
                within(f, *place)?;
                write!(f, "{what} belongs to another engine")
            }
            Error::StaleIndex { index, place } => {
                within(f, *place)?;
                write!(
                    f,
                    "the type of shared index {} (generation {}) has been freed",
                    index.bits(),
                    index.generation()
                )
            }
            Error::NotCanonical {
                index,
                expected,
                place,
            } => {
                within(f, *place)?;
                let given = match index {
                    TypeIndex::Module(index) => format!("the module type index {}", index.0),
                    TypeIndex::Rec(index) => format!("the group-relative index {}", index.0),
                    TypeIndex::Shared(index) => format!("the shared type index {}", index.bits()),
                    TypeIndex::Def(_) => format!("the closed type {index}"),
                };
                write!(f, "{given} cannot stand here; expected {expected}")
            }
            Error::Forked => write!(
                f,
                "the engine was in use by another thread when this process was forked from its \
                 parent, and is lost to it; a new engine works"
            ),
            Error::NoSuchMember { position, members } => {
                write!(f, "there is no member {position} in a group of {members}")
            }
            Error::NoSuchType { index, types } => {
                write!(f, "there is no type {index}; the module has {types} types")
            }
        }
    }
}

impl std::error::Error for Error {}
