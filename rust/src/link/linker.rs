//! Who imports and who provides: what [`Linker`] is told, and asked (clause L).

use std::collections::HashMap;

use super::judge::Linking;
use super::offer::Offer;
use super::report::LinkReport;
use crate::canon::{Interner, KeyHasher};
use crate::error::Result;
use crate::memory::list_of;
use crate::module::Module;
use crate::sync::Arc;
use crate::types::ExternType;

/// Someone who imports, provides, or both.
pub(super) enum Party {
    Module(Module),
    Host(Vec<(String, ExternType)>),
}

/// Modules and hosts by name, and what their imports get from each other.
///
/// ```
/// use typereg::{Features, Limits, Linker, Module};
///
/// let module = |wat| Module::from_wat(wat, &Limits::js_api(), &Features::default());
/// let mut linker = Linker::new();
/// let host = linker.module("host.wat", module(r#"(module (memory (export "m") 1))"#)?);
/// linker.module("plugin.wasm", module(r#"(module (import "env" "m" (memory 2)))"#)?);
/// linker.name("env", host);
///
/// let report = linker.link_all()?;
/// assert_eq!(report.mismatches[0].difference.reason.name(), "limits-min");
/// assert_eq!(report.mismatches[0].import.consumer.as_ref(), "plugin.wasm");
/// # Ok::<(), typereg::Error>(())
/// ```
#[derive(Default)]
pub struct Linker {
    /// Each with its label.
    pub(super) parties: Vec<(Arc<str>, Party)>,
    pub(super) names: HashMap<String, Vec<PartyId>>,
    pub(super) ignore_missing: bool,
    pub(super) how_to_name: Option<HowToName>,
}

/// What to say to somebody who imports from a module that nobody carries the name of: how the name
/// is given, and to whom, if somebody has such an export: `candidate`, who goes by names already
/// that are imported from, those `in_use`.
pub(crate) type HowToName = fn(module: &str, candidate: Option<&str>, in_use: &[&str]) -> String;

/// One that a [`Linker`] was given. It means something to that linker alone: another one takes it
/// for one of its own, or panics when it links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartyId(pub(super) usize);

impl Linker {
    /// A linker that was given nothing yet.
    pub fn new() -> Linker {
        Linker::default()
    }

    /// Adds a module. `label` is what reports call it; it provides nothing until it is named.
    pub fn module(&mut self, label: &str, module: Module) -> PartyId {
        self.add(label, Party::Module(module))
    }

    /// Adds what a host provides, by name. A function or tag given by signature is a final type
    /// without a supertype.
    pub fn host(
        &mut self,
        label: &str,
        items: impl IntoIterator<Item = (String, ExternType)>,
    ) -> PartyId {
        self.add(label, Party::Host(items.into_iter().collect()))
    }

    fn add(&mut self, label: &str, party: Party) -> PartyId {
        self.parties.push((label.into(), party));
        PartyId(self.parties.len() - 1)
    }

    /// Lets a party carry the name of a module that can be imported from. Several names for one
    /// are fine; one name for several is ambiguous, where it is imported from.
    pub fn name(&mut self, name: &str, party: PartyId) {
        let carriers = self.names.entry(name.to_owned()).or_default();
        if !carriers.contains(&party) {
            carriers.push(party);
        }
    }

    /// Whether imports from modules that nobody carries the name of are passed over.
    pub fn ignore_missing(&mut self, ignore: bool) {
        self.ignore_missing = ignore;
    }

    /// What reports say to whoever imports from modules that nobody carries the name of, nor one
    /// that is near.
    #[cfg(feature = "python")]
    pub(crate) fn how_to_name(&mut self, how: HowToName) {
        self.how_to_name = Some(how);
    }

    /// Judges every import of every module. Linear in the size of the modules' types, imports and
    /// exports, and in what is reported.
    ///
    /// # Errors
    ///
    /// `NotCanonical` for a host's type that refers to a module's, `Limit` where there is no
    /// memory. A mismatch is no error.
    pub fn link_all(&self) -> Result<LinkReport> {
        let mut all = list_of(self.parties.len())?;
        all.extend((0..self.parties.len()).map(PartyId));
        self.link_some(&all)
    }

    /// Judges every import of one module, and reports as [`Linker::link_all`] does.
    ///
    /// # Errors
    ///
    /// As [`Linker::link_all`].
    pub fn link(&self, consumer: PartyId) -> Result<LinkReport> {
        self.link_some(&[consumer])
    }

    fn link_some(&self, consumers: &[PartyId]) -> Result<LinkReport> {
        let mut common = Interner::new(KeyHasher::new(None));
        let mut offers = list_of(self.parties.len())?;
        for (_, party) in &self.parties {
            offers.push(Offer::new(party, &mut common)?);
        }
        let mut linking = Linking::new(self, &common, &offers)?;
        for &PartyId(consumer) in consumers {
            linking.judge(consumer)?;
        }
        Ok(linking.finish())
    }
}
