//! Whole modules: the sections beside the type section, as far as clause G11 has them checked.

use wasm_encoder as we;

use super::profile_of;
use crate::support::{FAULTS, Rng, Verdict, author, cases, judge, mutate, report, seed};

#[test]
fn g11_same_verdict_as_wasmparser_on_whole_modules() {
    let (seed, cases) = (seed(), cases(30_000));
    let mut differences = Vec::new();
    let (mut valid, mut differing) = (0, 0);
    let mut refused = vec![0; FAULTS.len()];
    for case in 0..cases {
        let mut rng = Rng::for_case(!seed, case as u64);
        let profile = profile_of(case);
        let fault = rng.percent(40).then(|| rng.below(FAULTS.len()));
        let mut author = author(&mut rng, profile, fault.map(|number| FAULTS[number]));
        let mut pieces = author.write();
        // Of a module without any place for it, the fault is still to be made.
        let made = fault.is_some() && author.fault.is_none();
        if case % 3 == 0 {
            let mutable: Vec<usize> = (0..pieces.0.len())
                .filter(|&at| {
                    let id = pieces.0[at].0 as u8;
                    id != we::SectionId::Global as u8 && id != we::SectionId::Code as u8
                })
                .collect();
            let at = rng.pick(&mutable);
            let other = pieces.0[rng.pick(&mutable)].1.clone();
            mutate(&mut pieces.0[at].1, &other, &mut rng);
        }
        match judge(profile, &pieces.finish()) {
            Ok(Verdict::Valid) => valid += 1,
            Ok(Verdict::Refused(_)) => {
                if let Some(number) = fault
                    && made
                {
                    refused[number] += 1;
                }
            }
            Ok(Verdict::Differing) => differing += 1,
            Err(difference) => differences.push(difference),
        }
    }
    let faults: Vec<_> = FAULTS.iter().zip(&refused).collect();
    println!(
        "seed {seed}: {cases} modules, {valid} valid, {differing} differing for a known reason; \
         refused by fault: {faults:?}"
    );
    report(seed, &differences);
    assert!(
        valid * 3 >= cases,
        "only {valid} of {cases} modules are valid"
    );
    assert!(
        cases < 30_000 || refused.iter().all(|&times| times >= 100),
        "{faults:?}"
    );
}
