//! Sections mutated as bytes.

use crate::support::Rng;

/// Bytes that mean something in a type section.
const TELLING: [u8; 28] = [
    0x00, 0x01, 0x02, 0x3f, 0x40, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x5d, 0x5e, 0x5f, 0x60, 0x62, 0x63,
    0x64, 0x65, 0x68, 0x6e, 0x70, 0x71, 0x75, 0x77, 0x78, 0x7f, 0x80, 0xff,
];

/// Changes up to three places; `other` is where foreign bytes come from.
pub(crate) fn mutate(bytes: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    for _ in 0..1 + rng.below(3) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.below(bytes.len());
        let end = (at + 1 + rng.below(8)).min(bytes.len());
        match rng.below(8) {
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => bytes[at] = rng.next() as u8,
            2 | 3 => bytes[at] = rng.pick(&TELLING),
            4 => {
                bytes.drain(at..end);
            }
            5 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            6 => bytes.truncate(at),
            _ => {
                if !other.is_empty() {
                    let from = rng.below(other.len());
                    let to = (from + 1 + rng.below(8)).min(other.len());
                    bytes.splice(at..end, other[from..to].iter().copied());
                }
            }
        }
    }
}
