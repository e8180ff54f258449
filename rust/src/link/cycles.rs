//! Cycles in the graph of who imports from whom.

use crate::error::Result;
use crate::memory::{filled, push};

/// By node: the number of the cycle that it is on, the same for all nodes that reach each other.
///
/// Tarjan's algorithm with a stack of its own; linear in nodes and edges.
pub(super) fn cycles(edges: &[Vec<usize>]) -> Result<Vec<Option<u32>>> {
    const UNSEEN: usize = usize::MAX;
    let mut order = filled(UNSEEN, edges.len())?;
    let mut lowest = filled(0, edges.len())?;
    let mut is_open = filled(false, edges.len())?;
    let mut on_cycle = filled(None, edges.len())?;
    let mut open = Vec::new();
    let mut visits: Vec<(usize, usize)> = Vec::new();
    let (mut seen, mut cycles) = (0, 0);
    for start in 0..edges.len() {
        if order[start] == UNSEEN {
            push(&mut visits, (start, 0))?;
        }
        while let Some(&mut (node, ref mut next)) = visits.last_mut() {
            if *next == 0 {
                (order[node], lowest[node]) = (seen, seen);
                seen += 1;
                is_open[node] = true;
                push(&mut open, node)?;
            }
            if let Some(&target) = edges[node].get(*next) {
                *next += 1;
                if order[target] == UNSEEN {
                    push(&mut visits, (target, 0))?;
                } else if is_open[target] {
                    lowest[node] = lowest[node].min(order[target]);
                }
                continue;
            }
            visits.pop();
            if let Some(&(parent, _)) = visits.last() {
                lowest[parent] = lowest[parent].min(lowest[node]);
            }
            if lowest[node] == order[node] {
                let start = open.iter().rposition(|&other| other == node);
                let members = start.expect("an open node is on the stack")..open.len();
                let is_cycle = members.len() > 1 || edges[node].contains(&node);
                for member in open.drain(members) {
                    is_open[member] = false;
                    on_cycle[member] = is_cycle.then_some(cycles);
                }
                cycles += u32::from(is_cycle);
            }
        }
    }
    Ok(on_cycle)
}

#[cfg(test)]
mod tests {
    fn cycles(edges: &[Vec<usize>]) -> Vec<Option<u32>> {
        super::cycles(edges).expect("there is memory")
    }

    #[test]
    fn nodes_that_reach_each_other_share_a_cycle() {
        assert_eq!(cycles(&[vec![1], vec![2], vec![]]), [None, None, None]);
        assert_eq!(cycles(&[vec![0], vec![0]]), [Some(0), None]);
        let edges = [vec![1, 3], vec![2], vec![1], vec![4], vec![3, 0]];
        let found = cycles(&edges);
        assert_eq!(found[1], found[2]);
        assert_eq!((found[0], found[3]), (found[3], found[4]));
        assert!(found[0].is_some() && found[1].is_some() && found[0] != found[1]);
    }

    #[test]
    fn a_long_chain_takes_no_stack() {
        let edges: Vec<Vec<usize>> = (0..200_000)
            .map(|node| vec![(node + 1) % 200_000])
            .collect();
        assert!(cycles(&edges).iter().all(|&cycle| cycle == Some(0)));
    }
}
