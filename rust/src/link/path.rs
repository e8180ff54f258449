//! The way from what was compared to the first attribute that differs (clause L).

use std::fmt;

use super::wat;
use crate::sync::Arc;

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

/// The steps from what was compared to where it differs, in order.
///
/// Many ways end alike: where many imports come to the same two types, what follows from there on
/// is kept once for all of them. So a copy is cheap, and a report takes no more memory than the
/// types that it speaks of, however long its paths are.
#[derive(Clone, Default)]
pub struct Path(Option<Arc<Node>>);

/// The first step of a path, and the rest of it.
struct Node {
    step: Step,
    rest: Path,
    /// How many steps there are from here on.
    len: usize,
    /// The last [`STEPS_AT_ENDS`] steps of a path that has more.
    end: Path,
}

impl Path {
    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |node| node.len)
    }

    /// Whether what was compared differs itself.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The steps, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Step> {
        let mut next = self;
        std::iter::from_fn(move || {
            let node = next.0.as_ref()?;
            next = &node.rest;
            Some(&node.step)
        })
    }

    /// The path with a step before it.
    pub(super) fn behind(self, step: Step) -> Path {
        let end = match &self.0 {
            Some(node) if node.len == STEPS_AT_ENDS => self.clone(),
            Some(node) => node.end.clone(),
            None => Path::default(),
        };
        Path(Some(Arc::new(Node {
            step,
            len: self.len() + 1,
            end,
            rest: self,
        })))
    }
}

/// A path is as long as an input makes it, so it is not left to recursion: whoever has the last
/// hold of a node takes the rest out of it.
impl Drop for Path {
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut node) = next.and_then(Arc::into_inner) {
            next = node.rest.0.take();
        }
    }
}

/// By the steps.
impl PartialEq for Path {
    fn eq(&self, other: &Path) -> bool {
        let (mut one, mut other) = (self, other);
        loop {
            match (&one.0, &other.0) {
                (None, None) => return true,
                (Some(first), Some(second)) if Arc::ptr_eq(first, second) => return true,
                (Some(first), Some(second))
                    if first.len == second.len && first.step == second.step =>
                {
                    (one, other) = (&first.rest, &second.rest);
                }
                (Some(_) | None, _) => return false,
            }
        }
    }
}

impl Eq for Path {}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Steps of a long path that are written at either end, and the steps of a path that is not cut.
const STEPS_AT_ENDS: usize = 10;
const MOST_STEPS: usize = 2 * STEPS_AT_ENDS + 4;

impl Path {
    /// What stands between the arrows. Nobody reads a thousand steps: of a long path, the beginning
    /// and the end.
    pub(super) fn texts(&self) -> Vec<String> {
        let texts = |path: &Path, steps| {
            let texts = path.iter().take(steps).map(Step::to_string);
            texts.collect::<Vec<_>>()
        };
        match &self.0 {
            Some(node) if node.len > MOST_STEPS => {
                let mut list = texts(self, STEPS_AT_ENDS);
                list.push(format!("... {} steps ...", node.len - 2 * STEPS_AT_ENDS));
                list.extend(texts(&node.end, STEPS_AT_ENDS));
                list
            }
            Some(_) | None => texts(self, MOST_STEPS),
        }
    }
}

/// Reads `result 0 -> type $node -> field 0`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.texts().join(" -> "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(steps: std::ops::Range<u32>) -> Path {
        let steps = steps.rev().map(|index| Step::new(StepKind::Param, index));
        steps.fold(Path::default(), Path::behind)
    }

    #[test]
    fn a_long_path_shows_its_ends() {
        for len in [0, 1, 9, 10, 11, 24] {
            let all: Vec<_> = (0..len).map(|index| format!("param {index}")).collect();
            assert_eq!(path(0..len).texts(), all);
        }
        let long = path(0..1_000).texts();
        assert_eq!(long.len(), 21);
        assert_eq!(long[9..12], ["param 9", "... 980 steps ...", "param 990"]);
        assert_eq!(long[20], "param 999");
    }

    #[test]
    fn paths_are_compared_by_their_steps_and_dropped_without_recursion() {
        let long = path(0..1_000_000);
        let (one, other) = (path(1..1_000_000), path(2..1_000_000));
        assert!(long != one && one != other);
        let first = Step::new(StepKind::Param, 0);
        assert_eq!(one.clone().behind(first.clone()), long);
        assert_eq!(one.behind(first), long);
        assert_eq!(long.iter().count(), long.len());
        drop(long);
    }
}
