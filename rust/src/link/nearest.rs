//! What somebody may have meant.

/// The name that is nearest to `wanted`, as a hint, if one is near at all.
pub(super) fn name<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let bound = wanted.chars().count().div_ceil(3).min(MOST_EDITS);
    let near = names.filter_map(|name| Some((edits(wanted, name, bound)?, name)));
    let (_, name) = near.min()?;
    Some(format!("there is {name:?}"))
}

/// Names that take more edits than this are not taken for each other.
const MOST_EDITS: usize = 3;

/// How many characters must be put in, taken out or changed to make one name of the other, if it
/// is at most `bound`.
fn edits(one: &str, other: &str, bound: usize) -> Option<usize> {
    let other: Vec<char> = other.chars().collect();
    if one.chars().count().abs_diff(other.len()) > bound {
        return None;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (position, char) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = position + 1;
        for (column, &known) in other.iter().enumerate() {
            let change = diagonal + usize::from(char != known);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
        if row.iter().min() > Some(&bound) {
            return None;
        }
    }
    let edits = row[other.len()];
    (edits <= bound).then_some(edits)
}
