//! Closed types without an engine (clause G10): made by hand, walked, and put among others.

mod by_hand;
mod graft;
mod lineage;
mod order;

pub(crate) use graft::{graft_closed, refill};
pub(crate) use lineage::Closed;
pub(crate) use order::DependencyOrder;
