//! The decoder against its judge: wasmparser's `Validator` must give the same verdict on every
//! module (clauses G4, G11).
//!
//! `TYPEREG_CASES` and `TYPEREG_SEED` make the runs longer or other.

mod apart;
mod beyond;
mod modules;
mod rules;

use std::collections::BTreeMap;

use crate::support::{
    Profile, Rng, Section, Verdict, cases, judge, module_of, mutate, perturb, report, section, seed,
};
use rules::{Rule, probe};

/// How often each rule is broken.
const BREAKS: usize = 125;

fn profile_of(case: usize) -> Profile {
    Profile::ALL[case % 2]
}

/// A section that is likely to be valid, but need not be.
fn likely(rng: &mut Rng, profile: Profile) -> Section {
    // Now and then with what the profile does not have.
    let continuations = profile == Profile::Everything || rng.percent(3);
    let mut section = section(rng, 6, continuations);
    if rng.percent(25) {
        perturb(&mut section, rng);
    }
    section
}

#[test]
fn g04_same_verdict_as_wasmparser_on_generated_and_mutated_type_sections() {
    let (seed, cases) = (seed(), cases(100_000));
    let mut differences = Vec::new();
    let (mut generated, mut mutated, mut valid) = (0, 0, 0);
    let mut previous = Vec::new();
    for case in 0..cases {
        let mut rng = Rng::for_case(seed, case as u64);
        let profile = profile_of(case);
        let mut bytes = likely(&mut rng, profile).encode(&mut rng);
        let foreign = std::mem::replace(&mut previous, bytes.clone());
        if case % 4 < 2 {
            generated += 1;
        } else {
            mutated += 1;
            mutate(&mut bytes, &foreign, &mut rng);
        }
        match judge(profile, &module_of(&bytes)) {
            Ok(Verdict::Valid) => valid += 1,
            Ok(Verdict::Refused(_) | Verdict::Differing) => {}
            Err(difference) => differences.push(difference),
        }
    }
    println!(
        "seed {seed}: {generated} sections generated, {mutated} mutated, {valid} of them valid, \
         {} judged differently",
        differences.len()
    );
    report(seed, &differences);
    assert!(
        valid * 3 >= cases,
        "only {valid} of {cases} sections are valid"
    );
}

#[test]
fn g04_each_rule_broken_on_purpose_is_refused_as_wasmparser_does() {
    let seed = seed();
    let mut differences = Vec::new();
    let mut broken = BTreeMap::new();
    for (number, rule) in Rule::ALL.into_iter().enumerate() {
        for case in 0..BREAKS {
            let mut rng = Rng::for_case(seed ^ (number as u64) << 32, case as u64);
            let profile = if rule.needs_continuations() {
                Profile::Everything
            } else {
                profile_of(case)
            };
            let probe = probe(rule, &mut rng, profile == Profile::Everything);
            for (section, keeps) in [(&probe.kept, true), (&probe.broken, false)] {
                match judge(profile, &section.module(&mut rng)) {
                    Ok(Verdict::Valid) if keeps => {}
                    Ok(Verdict::Refused(error)) if !keeps => {
                        assert!(
                            rule.is_named_by(&error),
                            "{rule:?} broken, seed {seed}, case {case}: {error:?}"
                        );
                        *broken.entry(format!("{rule:?}")).or_insert(0) += 1;
                    }
                    Ok(Verdict::Refused(error)) => {
                        panic!("{rule:?} kept, seed {seed}, case {case}: {error}\n{section:?}")
                    }
                    Ok(Verdict::Valid | Verdict::Differing) => {
                        panic!("{rule:?} broken, seed {seed}, case {case}: valid\n{section:?}")
                    }
                    Err(difference) => differences.push(difference),
                }
            }
        }
    }
    println!("seed {seed}: rules broken: {broken:?}");
    report(seed, &differences);
    assert_eq!(broken.len(), Rule::ALL.len());
    assert!(broken.values().all(|&times| times >= 100), "{broken:?}");
}
