//! Names that somebody may have meant.

/// Names that take more edits than this are not taken for each other.
const MOST_EDITS: usize = 3;

/// Looks for names near others, until it has looked at so many that it would be felt.
pub(super) struct NearNames {
    left: usize,
}

impl NearNames {
    pub(super) fn new() -> NearNames {
        NearNames { left: 1_000_000 }
    }

    /// The name that is nearest to `wanted`, as a hint, if one is near at all.
    pub(super) fn hint<'a>(
        &mut self,
        wanted: &str,
        names: impl ExactSizeIterator<Item = &'a str>,
    ) -> Option<String> {
        self.left = self.left.checked_sub(names.len())?;
        let wanted: Vec<char> = wanted.chars().collect();
        let bound = wanted.len().div_ceil(3).min(MOST_EDITS);
        let near = names.filter_map(|name| Some((edits(&wanted, name, bound)?, name)));
        let (_, name) = near.min()?;
        Some(format!("there is {name:?}"))
    }
}

/// How many characters must be put in, taken out, changed or swapped with the next to make one
/// name of the other, if it is at most `bound`.
fn edits(one: &[char], other: &str, bound: usize) -> Option<usize> {
    let other: Vec<char> = other.chars().take(one.len() + bound + 1).collect();
    if one.len().abs_diff(other.len()) > bound {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, char) in one.iter().enumerate() {
        let mut next = vec![at + 1];
        for (column, known) in other.iter().enumerate() {
            let change = row[column] + usize::from(char != known);
            let mut least = change.min(row[column + 1] + 1).min(next[column] + 1);
            if at > 0 && column > 0 && one[at - 1] == *known && *char == other[column - 1] {
                least = least.min(before[column - 1] + 1);
            }
            next.push(least);
        }
        if next.iter().min() > Some(&bound) && row.iter().min() > Some(&bound) {
            return None;
        }
        before = std::mem::replace(&mut row, next);
    }
    let edits = row[other.len()];
    (edits <= bound).then_some(edits)
}
