//! External types, side by side (clause L, "of extern types").

use super::difference::Difference;
use super::parts::Spot;
use super::path::Path;
use super::reason::Reason;
use super::value::{Outcome, Relation, compare_refs, compare_values, holds};
use super::walk::{Explainer, type_step};
use super::wat;
use crate::error::Result;
use crate::module::NamedType;
use crate::types::{ExternType, GlobalType, MemoryType, TableType};

impl Explainer<'_> {
    /// Why what is found cannot be given where something is expected, which it cannot.
    pub(super) fn explain_extern(
        &mut self,
        expected: &NamedType,
        found: &NamedType,
    ) -> Result<Difference> {
        match (expected, found) {
            (ExternType::Func(e), ExternType::Func(f)) => {
                self.explain(*e, *f, Relation::FoundBelow, Vec::new())
            }
            (ExternType::Tag(e), ExternType::Tag(f)) => {
                let cause = self.explain(e.func, f.func, Relation::Equal, Vec::new())?;
                if holds(self.sides, e.func, f.func, Relation::FoundBelow) {
                    self.invariance(expected, found, cause)
                } else {
                    Ok(cause)
                }
            }
            (ExternType::Table(e), ExternType::Table(f)) => match table_attributes(e, f) {
                Some(reason) => self.of_externs(reason, expected, found),
                None => {
                    let compare =
                        |relation| compare_refs(self.sides, e.element, f.element, relation);
                    let (needed, below) = (compare(Relation::Equal), compare(Relation::FoundBelow));
                    let cause = self.explain_content(expected, found, needed)?;
                    self.or_invariance(expected, found, below, cause)
                }
            },
            (ExternType::Memory(e), ExternType::Memory(f)) => {
                let reason = memory_attributes(e, f).unwrap_or(Reason::LimitsMax);
                self.of_externs(reason, expected, found)
            }
            (ExternType::Global(e), ExternType::Global(f)) => {
                self.explain_global(expected, found, e, f)
            }
            (
                ExternType::Func(_)
                | ExternType::Table(_)
                | ExternType::Memory(_)
                | ExternType::Global(_)
                | ExternType::Tag(_),
                _,
            ) => self.of_externs(Reason::ExternKind, expected, found),
        }
    }

    /// How two external types differ of which the one found does where the other is expected.
    pub(super) fn explain_change(
        &mut self,
        expected: &NamedType,
        found: &NamedType,
    ) -> Result<Difference> {
        let bounds = |expected, found| {
            if expected == found {
                Reason::LimitsMax
            } else {
                Reason::LimitsMin
            }
        };
        match (expected, found) {
            (ExternType::Func(e), ExternType::Func(f)) => {
                self.explain(*e, *f, Relation::Equal, Vec::new())
            }
            (ExternType::Global(e), ExternType::Global(f)) => {
                let needed = compare_values(
                    self.sides,
                    e.content,
                    f.content,
                    Spot::Whole,
                    Relation::Equal,
                );
                self.explain_content(expected, found, needed)
            }
            (ExternType::Table(e), ExternType::Table(f)) => {
                self.of_externs(bounds(e.minimum, f.minimum), expected, found)
            }
            (ExternType::Memory(e), ExternType::Memory(f)) => {
                self.of_externs(bounds(e.minimum, f.minimum), expected, found)
            }
            // Tags that fit are the same, and nothing fits where another kind is expected.
            (
                ExternType::Func(_)
                | ExternType::Table(_)
                | ExternType::Memory(_)
                | ExternType::Global(_)
                | ExternType::Tag(_),
                _,
            ) => self.of_externs(Reason::ExternKind, expected, found),
        }
    }

    fn explain_global(
        &mut self,
        expected: &NamedType,
        found: &NamedType,
        e: &GlobalType<u32>,
        f: &GlobalType<u32>,
    ) -> Result<Difference> {
        if e.mutable != f.mutable {
            return self.of_externs(Reason::GlobalMutability, expected, found);
        }
        let compare =
            |relation| compare_values(self.sides, e.content, f.content, Spot::Whole, relation);
        let below = compare(Relation::FoundBelow);
        let needed = if e.mutable {
            compare(Relation::Equal)
        } else {
            below
        };
        let cause = self.explain_content(expected, found, needed)?;
        self.or_invariance(expected, found, below, cause)
    }

    /// How the content of tables or globals differs, given what comparing it comes to.
    fn explain_content(
        &mut self,
        expected: &NamedType,
        found: &NamedType,
        needed: Outcome,
    ) -> Result<Difference> {
        match needed {
            Outcome::Alike => unreachable!("what fits is not explained"),
            Outcome::Differs(reason) => self.of_externs(reason, expected, found),
            Outcome::Leads {
                expected,
                found,
                relation,
            } => {
                let path = vec![type_step(self.sides, expected, found)];
                self.explain(expected, found, relation, path)
            }
        }
    }

    /// A difference of content; where a subtype would do as far as subtyping goes, the cause of
    /// another one.
    fn or_invariance(
        &self,
        expected: &NamedType,
        found: &NamedType,
        below: Outcome,
        cause: Difference,
    ) -> Result<Difference> {
        if below == Outcome::Alike {
            self.invariance(expected, found, cause)
        } else {
            Ok(cause)
        }
    }

    /// A difference of the external types as such.
    fn of_externs(
        &self,
        reason: Reason,
        expected: &NamedType,
        found: &NamedType,
    ) -> Result<Difference> {
        let (e, f) = (self.sides.expected, self.sides.found);
        Ok(Difference {
            reason,
            path: Path::default(),
            expected: wat::extern_type(e, expected)?,
            found: Some(wat::extern_type(f, found)?),
            expected_type: wat::named_type(e, expected),
            found_type: wat::named_type(f, found),
            hint: None,
            cause: None,
        })
    }

    /// A subtype where equality is needed.
    fn invariance(
        &self,
        expected: &NamedType,
        found: &NamedType,
        cause: Difference,
    ) -> Result<Difference> {
        Ok(Difference {
            cause: Some(Box::new(cause)),
            ..self.of_externs(Reason::Invariance, expected, found)?
        })
    }
}

/// The first attribute, limits included, in which a table does not do.
fn table_attributes(expected: &TableType<u32>, found: &TableType<u32>) -> Option<Reason> {
    if expected.address64 != found.address64 {
        return Some(Reason::AddressType);
    }
    limits(
        (expected.minimum, expected.maximum),
        (found.minimum, found.maximum),
    )
}

fn memory_attributes(expected: &MemoryType, found: &MemoryType) -> Option<Reason> {
    if expected.address64 != found.address64 {
        Some(Reason::AddressType)
    } else if expected.shared != found.shared {
        Some(Reason::MemoryShared)
    } else if expected.page_size != found.page_size {
        Some(Reason::PageSize)
    } else {
        limits(
            (expected.minimum, expected.maximum),
            (found.minimum, found.maximum),
        )
    }
}

/// The first bound in which found limits do not lie within those expected.
fn limits(expected: (u64, Option<u64>), found: (u64, Option<u64>)) -> Option<Reason> {
    let ((e_min, e_max), (f_min, f_max)) = (expected, found);
    let within = e_max.is_none_or(|e_max| f_max.is_some_and(|f_max| f_max <= e_max));
    if f_min < e_min {
        Some(Reason::LimitsMin)
    } else if within {
        None
    } else {
        Some(Reason::LimitsMax)
    }
}
