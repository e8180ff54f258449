//! The way from what was compared to the first attribute that differs (clause L).

use std::fmt;

use super::wat;

/// What a step of a path leads into. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// A parameter of a function type.
    Param,
    /// A result of a function type.
    Result,
    /// A field of a structure type.
    Field,
    /// The elements of an array type.
    Element,
    /// The declared supertype.
    Supertype,
    /// From a reference to the defined type that it refers to.
    Type,
    /// Another member of the recursion group.
    Member,
}

impl StepKind {
    /// Every kind.
    pub const ALL: &[StepKind] = &[
        StepKind::Param,
        StepKind::Result,
        StepKind::Field,
        StepKind::Element,
        StepKind::Supertype,
        StepKind::Type,
        StepKind::Member,
    ];

    /// Its stable name: `field`.
    pub fn name(self) -> &'static str {
        match self {
            StepKind::Param => "param",
            StepKind::Result => "result",
            StepKind::Field => "field",
            StepKind::Element => "element",
            StepKind::Supertype => "supertype",
            StepKind::Type => "type",
            StepKind::Member => "member",
        }
    }

    /// Whether there can be several to choose from, so that the index says something.
    fn is_one_of_many(self) -> bool {
        match self {
            StepKind::Param
            | StepKind::Result
            | StepKind::Field
            | StepKind::Type
            | StepKind::Member => true,
            StepKind::Element | StepKind::Supertype => false,
        }
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// What it leads into.
    pub kind: StepKind,
    /// Which parameter, result, field or member, from 0; of a type, its index on the side that
    /// expects. 0 for elements and supertypes, of which there is one.
    pub index: u32,
    /// Of a type, its name there, with `$`; of a field, the same.
    pub name: Option<String>,
    /// Of a type, its index on the side that was found, where that is a module.
    pub found_index: Option<u32>,
    /// Of a type, its name there, with `$`.
    pub found_name: Option<String>,
}

impl Step {
    /// A step that is not into a type.
    pub(super) fn new(kind: StepKind, index: u32) -> Step {
        Step {
            kind,
            index,
            name: None,
            found_index: None,
            found_name: None,
        }
    }
}

/// `field 0`, `type $node`, `element`; names as WAT writes them, quoted where they need to be.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        match &self.name {
            Some(name) if self.kind == StepKind::Type => {
                let name = name.strip_prefix('$').unwrap_or(name);
                write!(f, " {}", wat::identifier(name))
            }
            _ if self.kind.is_one_of_many() => write!(f, " {}", self.index),
            _ => Ok(()),
        }
    }
}

/// Reads `result 0 -> type $node -> field 0`. Nobody reads a thousand steps: of a long path, the
/// beginning and the end.
pub(super) struct Path<'a>(pub(super) &'a [Step]);

/// Steps of a long path that are written at either end, and the steps of a path that is not cut.
const STEPS_AT_ENDS: usize = 10;
const MOST_STEPS: usize = 2 * STEPS_AT_ENDS + 4;

impl Path<'_> {
    /// What stands between the arrows.
    pub(super) fn texts(&self) -> Vec<String> {
        let texts = |steps: &[Step]| steps.iter().map(Step::to_string).collect::<Vec<_>>();
        if self.0.len() <= MOST_STEPS {
            return texts(self.0);
        }
        let end = self.0.len() - STEPS_AT_ENDS;
        let mut list = texts(&self.0[..STEPS_AT_ENDS]);
        list.push(format!("... {} steps ...", end - STEPS_AT_ENDS));
        list.extend(texts(&self.0[end..]));
        list
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.texts().join(" -> "))
    }
}
