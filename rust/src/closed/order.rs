//! The groups that closed types lead to, dependencies first.

use std::collections::HashMap;

use crate::error::Result;
use crate::memory::{push, reserve, reserve_map};
use crate::types::{DefGroup, DefType, Digest};

/// Groups, each once and behind all those it refers to: in the order in which a depth-first walk
/// leaves them that follows references in the order of clause K5 (clause K12).
#[derive(Default)]
pub(crate) struct DependencyOrder<'a> {
    groups: Vec<&'a DefGroup>,
    numbers: HashMap<Digest, u32>,
}

impl<'a> DependencyOrder<'a> {
    /// Adds the group of a closed type and what it leads to. Linear in what is new, with a stack
    /// of its own: chains are as long as people make them.
    pub(crate) fn add(&mut self, root: &'a DefType) -> Result<()> {
        // Groups that were entered, each with the number of its children that were looked at.
        let mut open: Vec<(&DefGroup, usize)> = Vec::new();
        let mut next = Some(&**root.def_group());
        loop {
            if let Some(group) = next.take()
                && !self.numbers.contains_key(group.digest())
            {
                push(&mut open, (group, 0))?;
            }
            let Some((group, looked_at)) = open.last_mut() else {
                return Ok(());
            };
            match group.children().get(*looked_at) {
                Some(child) => {
                    *looked_at += 1;
                    next = Some(child.def_group());
                }
                None => {
                    let group = *group;
                    open.pop();
                    self.push(group)?;
                }
            }
        }
    }

    fn push(&mut self, group: &'a DefGroup) -> Result<()> {
        reserve(&mut self.groups, 1)?;
        reserve_map(&mut self.numbers, 1)?;
        self.numbers
            .insert(*group.digest(), self.groups.len() as u32);
        self.groups.push(group);
        Ok(())
    }

    pub(crate) fn groups(&self) -> &[&'a DefGroup] {
        &self.groups
    }

    /// The number of a group that was added.
    pub(crate) fn number(&self, group: &DefGroup) -> u32 {
        self.numbers[group.digest()]
    }
}
