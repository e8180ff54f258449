//! Each request for memory refused in turn, alone or with all that follow; a panic at each marked
//! place; a quota that is reached at each group. Whatever goes wrong, the registry is as before
//! (K9, F3) and goes on working. Run with `nox -s faults`.
#![cfg(typereg_faults)]

mod events;
mod picture;
mod questions;
mod registering;
mod removing;
mod scene;

use std::sync::Once;

/// Keeps the reports of injected panics off the screen.
fn quietly() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let injected = panic.payload().downcast_ref::<&str>();
            if injected.is_none_or(|said| !said.contains("injected")) {
                report(panic);
            }
        }));
    });
}
