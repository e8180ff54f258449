//! Names that somebody may have meant.

/// Names that take more edits than this are not taken for each other.
const MOST_EDITS: usize = 3;

/// Looks for names near others, until it has looked at so much of them that it would be felt.
pub(super) struct NearNames {
    /// Bytes of names that may still be looked at.
    left: usize,
}

impl NearNames {
    pub(super) fn new() -> NearNames {
        NearNames { left: 16_000_000 }
    }

    /// The name that is nearest to `wanted`, as a hint, if one is near at all.
    pub(super) fn hint<'a>(
        &mut self,
        wanted: &str,
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> Option<String> {
        let size: usize = names.clone().map(|name| name.len().max(MOST_EDITS)).sum();
        self.left = self.left.checked_sub(size)?;
        let wanted: Vec<char> = wanted.chars().collect();
        let bound = wanted.len().div_ceil(3).min(MOST_EDITS);
        let near = names.filter_map(|name| Some((edits(&wanted, name, bound)?, name)));
        let (_, name) = near.min()?;
        Some(format!("there is {name:?}"))
    }
}

/// How many characters must be put in, taken out, changed or swapped with the next to make one
/// name of the other, if it is at most `bound`.
///
/// Linear in the names: row and column of a way of so few edits are never further apart than that.
fn edits(one: &[char], other: &str, bound: usize) -> Option<usize> {
    let other: Vec<char> = other.chars().take(one.len() + bound + 1).collect();
    if one.len().abs_diff(other.len()) > bound {
        return None;
    }
    // A row has the columns from `bound` before its own to `bound` behind it; what lies outside
    // takes too many edits.
    let width = 2 * bound + 1;
    let too_many = bound + 1;
    let cell = |row: &[usize], at: usize, column: usize| {
        let place = (column + bound).checked_sub(at);
        place.and_then(|place| row.get(place)).copied()
    };
    let cell = |row: &[usize], at, column| cell(row, at, column).unwrap_or(too_many);
    let mut before = vec![too_many; width];
    let mut row: Vec<usize> = (0..width).map(|place| place.abs_diff(bound)).collect();
    row[..bound].fill(too_many);
    for at in 1..=one.len() {
        let mut next = vec![too_many; width];
        for place in 0..width {
            let Some(column) = (at + place).checked_sub(bound) else {
                continue;
            };
            if column > other.len() {
                break;
            }
            let mut least = cell(&row, at - 1, column) + 1;
            if column > 0 {
                let (char, known) = (one[at - 1], other[column - 1]);
                let change = usize::from(char != known);
                least = least.min(cell(&row, at - 1, column - 1) + change);
                least = least.min(cell(&next, at, column - 1) + 1);
                let is_swap =
                    at > 1 && column > 1 && one[at - 2] == known && char == other[column - 2];
                if is_swap {
                    least = least.min(cell(&before, at - 2, column - 2) + 1);
                }
            }
            next[place] = least.min(too_many);
        }
        if next.iter().chain(&row).all(|&edits| edits > bound) {
            return None;
        }
        before = std::mem::replace(&mut row, next);
    }
    let edits = cell(&row, one.len(), other.len());
    (edits <= bound).then_some(edits)
}

#[cfg(test)]
mod tests {
    use super::edits;

    /// As it is in the books: all rows and columns.
    fn plain(one: &[char], other: &[char]) -> usize {
        let mut rows = vec![vec![0; other.len() + 1]; one.len() + 1];
        for at in 0..=one.len() {
            for column in 0..=other.len() {
                rows[at][column] = if at == 0 || column == 0 {
                    at + column
                } else {
                    let change = usize::from(one[at - 1] != other[column - 1]);
                    let mut least = rows[at - 1][column - 1] + change;
                    least = least.min(rows[at - 1][column] + 1);
                    least = least.min(rows[at][column - 1] + 1);
                    if at > 1
                        && column > 1
                        && one[at - 2] == other[column - 1]
                        && one[at - 1] == other[column - 2]
                    {
                        least = least.min(rows[at - 2][column - 2] + 1);
                    }
                    least
                };
            }
        }
        rows[one.len()][other.len()]
    }

    #[test]
    fn few_edits_are_counted() {
        let words: Vec<Vec<char>> = (0..6)
            .flat_map(|size| {
                (0..3_u32.pow(size)).map(move |number| {
                    let letter = |at| char::from(b'a' + (number / 3_u32.pow(at) % 3) as u8);
                    (0..size).map(letter).collect()
                })
            })
            .collect();
        for one in words.iter().step_by(3) {
            for other in &words {
                let expected = plain(one, other);
                let other: String = other.iter().collect();
                for bound in 0..4 {
                    let expected = (expected <= bound).then_some(expected);
                    assert_eq!(edits(one, &other, bound), expected, "{one:?} {other}");
                }
            }
        }
    }

    #[test]
    fn long_names_take_no_time() {
        let one: Vec<char> = "a".repeat(1_000_000).chars().collect();
        let other = "a".repeat(1_000_000 - 2) + "bb";
        assert_eq!(edits(&one, &other, 3), Some(2));
    }
}
