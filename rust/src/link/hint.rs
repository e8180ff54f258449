//! What may help: things that are often behind a difference (clause L).

use super::difference::At;
use super::reason::Reason;
use super::side::Sides;

/// A hint on the difference at a place. `entry` is the pair of types whose groups were compared.
pub(super) fn hint(sides: Sides<'_>, at: &At, entry: (u32, u32)) -> Option<String> {
    let _ = (sides, entry);
    (at.reason == Reason::NotDeclaredSubtype)
        .then(|| "same shape but no declared subtyping".to_owned())
}
