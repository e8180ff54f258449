//! Every input of the corpus once more: what fuzzing has reached and found stays tried.

use std::path::{Path, PathBuf};

use super::{decode, link, register, section, wat};
use crate::support::{Rng, cases, seed, within};

/// The inputs of a target, by name.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut inputs: Vec<_> = files
        .map(|file| {
            let path = file.expect("readable").path();
            let bytes = std::fs::read(&path).expect("readable");
            (path, bytes)
        })
        .collect();
    inputs.sort();
    inputs
}

fn replay(target: &'static str, run: fn(&[u8])) {
    let inputs = corpus(target);
    assert!(!inputs.is_empty(), "{target} has no corpus");
    for (path, bytes) in inputs {
        println!("{}", path.display());
        within(60, target, || run(&bytes));
    }
}

#[test]
fn f03_corpus_of_decode() {
    replay("decode", decode::run);
}

#[test]
fn f03_corpus_of_section() {
    replay("section", section::run);
}

#[test]
fn f03_corpus_of_register() {
    replay("register", register::run);
}

#[test]
fn f03_corpus_of_wat() {
    replay("wat", wat::run);
}

#[test]
fn f03_corpus_of_link() {
    replay("link", link::run);
}

/// As much of linking as random programs reach.
#[test]
fn link_verdicts_are_those_of_the_matching_rules() {
    let (seed, cases) = (seed(), cases(300));
    let (mut imports, mut mismatches) = (0, 0);
    for case in 0..cases {
        let mut rng = Rng::for_case(seed ^ 12, case as u64);
        let program: Vec<u8> = (0..120).map(|_| rng.next() as u8).collect();
        if let Some((of, not)) = link::judge(&program) {
            imports += of;
            mismatches += not;
        }
    }
    println!("seed {seed}: {mismatches} of {imports} imports do not match");
    assert!(mismatches > cases / 4 && imports > 2 * mismatches);
}
