//! Mutators that keep what libFuzzer's own would break: the lengths of sections.
//!
//! Each works on the buffer that libFuzzer gives, whose first `size` bytes are the input, and
//! returns the new size, `max` at most.

use libfuzzer_sys::fuzzer_mutate;

use crate::support::{FAULTS, Profile, Rng, author, module_of, mutate, perturb, section};

/// Of a hundred mutations, how many make a new input instead.
const FRESH: usize = 3;

/// Changes the contents of a type section.
pub fn mutate_section(data: &mut [u8], size: usize, max: usize, seed: u32) -> usize {
    let mut rng = Rng::new(u64::from(seed));
    if rng.percent(FRESH) {
        return put(data, &fresh_section(&mut rng), max);
    }
    if rng.flip() {
        return fuzzer_mutate(data, size, max);
    }
    let mut bytes = data[..size].to_vec();
    mutate(&mut bytes, &fresh_section(&mut rng), &mut rng);
    put(data, &bytes, max)
}

/// Changes a module: mostly the contents of one section, with its length kept true.
pub fn mutate_module(data: &mut [u8], size: usize, max: usize, seed: u32) -> usize {
    let mut rng = Rng::new(u64::from(seed));
    if rng.percent(FRESH) {
        return put(data, &fresh_module(&mut rng), max);
    }
    let Some(mut sections) = split(&data[..size]) else {
        return fuzzer_mutate(data, size, max);
    };
    if sections.is_empty() || rng.percent(10) {
        return fuzzer_mutate(data, size, max);
    }
    let at = rng.below(sections.len());
    match rng.below(10) {
        0 => {
            sections.remove(at);
        }
        1 => {
            let other = rng.below(sections.len());
            sections.swap(at, other);
        }
        2 | 3 => {
            let donor = split(&fresh_module(&mut rng)).expect("well-formed");
            if let Some(at) = (!donor.is_empty()).then(|| rng.below(donor.len())) {
                let (id, contents) = &donor[at];
                let same = sections.iter().position(|(other, _)| other == id);
                match same {
                    Some(same) => sections[same].1.clone_from(contents),
                    None => {
                        let after = sections.iter().position(|(other, _)| other > id);
                        let place = after.unwrap_or(sections.len());
                        sections.insert(place, (*id, contents.clone()));
                    }
                }
            }
        }
        4..7 => mutate(&mut sections[at].1, &[0x60, 0, 0], &mut rng),
        _ => {
            let contents = &mut sections[at].1;
            let length = contents.len();
            contents.resize(length + 64, 0);
            let length = fuzzer_mutate(contents, length, length + 64);
            contents.truncate(length);
        }
    }
    put(data, &join(&sections), max)
}

fn fresh_section(rng: &mut Rng) -> Vec<u8> {
    let mut section = section(rng, 8, true);
    for _ in 0..rng.below(3) {
        perturb(&mut section, rng);
    }
    section.encode(rng)
}

fn fresh_module(rng: &mut Rng) -> Vec<u8> {
    if rng.percent(30) {
        return module_of(&fresh_section(rng));
    }
    let profile = rng.pick(&Profile::ALL);
    let fault = rng.percent(40).then(|| rng.pick(&FAULTS));
    author(rng, profile, fault).write().finish()
}

/// A module's sections, or `None` where their lengths do not say where they are.
fn split(wasm: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let mut rest = wasm.strip_prefix(b"\0asm\x01\0\0\0")?;
    let mut sections = Vec::new();
    while let Some((&id, after)) = rest.split_first() {
        let mut length = 0_usize;
        let mut used = 0;
        loop {
            let &byte = after.get(used)?;
            length |= usize::from(byte & 0x7f) << (7 * used);
            used += 1;
            if byte & 0x80 == 0 {
                break;
            }
            if used == 5 {
                return None;
            }
        }
        let contents = after.get(used..)?.get(..length)?;
        sections.push((id, contents.to_vec()));
        rest = &after[used + length..];
    }
    Some(sections)
}

fn join(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    for (id, data) in sections {
        module.section(&wasm_encoder::RawSection { id: *id, data });
    }
    module.finish()
}

/// Puts an input into libFuzzer's buffer; what does not fit is cut off.
fn put(data: &mut [u8], input: &[u8], max: usize) -> usize {
    let length = input.len().min(max).min(data.len());
    data[..length].copy_from_slice(&input[..length]);
    length
}
