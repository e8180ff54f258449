//! What the members of a group descend from: validation finds it out, and an interner keeps it.

use super::KeyRef;
use crate::error::{BoxResult, Error};
use crate::memory::{push, reserve};

/// The ancestors of one member.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// Where they begin in the list of all.
    start: u32,
    /// How many they are.
    depth: u8,
}

/// The declared ancestors of each member of a group, in buffers that are reused.
#[derive(Debug, Default)]
pub(crate) struct Descent {
    /// By position.
    lines: Vec<Line>,
    /// Those of each member in turn, the farthest first.
    pub(super) ancestors: Vec<KeyRef>,
}

impl Descent {
    /// Forgets the last group and keeps the memory.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.lines.clear();
        self.ancestors.clear();
    }

    /// How many ancestors a member has.
    #[inline]
    pub(crate) fn depth(&self, position: u32) -> u8 {
        self.lines[position as usize].depth
    }

    /// A member's ancestors, the farthest first.
    #[inline]
    pub(crate) fn ancestors(&self, position: u32) -> &[KeyRef] {
        let line = self.lines[position as usize];
        &self.ancestors[line.start as usize..][..usize::from(line.depth)]
    }

    /// A member's supertype.
    #[inline]
    pub(crate) fn supertype(&self, position: u32) -> Option<KeyRef> {
        self.ancestors(position).last().copied()
    }

    /// Adds the next member by its ancestors, the farthest first; 63 at most.
    #[inline]
    pub(crate) fn push(
        &mut self,
        ancestors: impl ExactSizeIterator<Item = KeyRef>,
    ) -> BoxResult<()> {
        let depth = ancestors.len();
        let start = self.begin(depth)?;
        self.ancestors.extend(ancestors);
        self.end(start, depth)
    }

    /// Adds the next member, whose supertype is another group's, with these ancestors.
    #[inline]
    pub(crate) fn push_below(
        &mut self,
        supertype: u32,
        ancestors: impl ExactSizeIterator<Item = u32>,
    ) -> BoxResult<()> {
        let depth = ancestors.len() + 1;
        let start = self.begin(depth)?;
        self.ancestors.extend(ancestors.map(KeyRef::Outer));
        self.ancestors.push(KeyRef::Outer(supertype));
        self.end(start, depth)
    }

    /// Adds the next member, whose supertype is an earlier one.
    pub(crate) fn push_below_own(&mut self, supertype: u32) -> BoxResult<()> {
        let line = self.lines[supertype as usize];
        let depth = usize::from(line.depth) + 1;
        let start = self.begin(depth)?;
        let from = line.start as usize;
        self.ancestors.extend_from_within(from..from + depth - 1);
        self.ancestors.push(KeyRef::Own(supertype));
        self.end(start, depth)
    }

    #[inline]
    fn begin(&mut self, depth: usize) -> BoxResult<usize> {
        // Offsets are kept in 32 bits.
        if self.ancestors.len() + depth > u32::MAX as usize {
            return Err(Error::out_of_memory(depth).into());
        }
        reserve(&mut self.ancestors, depth)?;
        Ok(self.ancestors.len())
    }

    #[inline]
    fn end(&mut self, start: usize, depth: usize) -> BoxResult<()> {
        let line = Line {
            start: start as u32,
            depth: depth as u8,
        };
        push(&mut self.lines, line)
    }
}
