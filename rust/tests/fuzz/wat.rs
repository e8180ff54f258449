//! Any text as WAT: an error that points into it, or the verdict on its translation (clause P8).

use typereg::{Error, Limits, Module};

use super::decode::{ask, says_what_is_wrong};
use crate::support::{Profile, Verdict, judge, report};

pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let profile = Profile::Everything;
    let ours = Module::from_wat(&text, &Limits::js_api(), &profile.features());
    match ours {
        Ok(module) => {
            ask(&module);
            match judge(profile, module.wasm()) {
                Ok(Verdict::Valid | Verdict::Differing) => {}
                Ok(Verdict::Refused(error)) => panic!("its bytes are refused: {error}"),
                Err(difference) => report(0, &[difference]),
            }
        }
        Err(error) => match translated(&text) {
            Some(wasm) => assert_eq!(profile.ours(&wasm).err(), Some(error)),
            None => {
                assert!(matches!(
                    error,
                    Error::Decode { .. } | Error::UnsupportedFeature { .. }
                ));
                says_what_is_wrong(&error, text.len());
            }
        },
    }
}

/// The text's bytes by the translator alone.
fn translated(text: &str) -> Option<Vec<u8>> {
    let buffer = wast::parser::ParseBuffer::new(text).ok()?;
    let mut wat = wast::parser::parse::<wast::Wat<'_>>(&buffer).ok()?;
    match wat {
        wast::Wat::Module(_) => wat.encode().ok(),
        wast::Wat::Component(_) => None,
    }
}
