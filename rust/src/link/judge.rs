//! Which export each import gets, and whether it may (clause L).

use std::collections::{HashMap, HashSet};

use super::cycles::cycles;
use super::difference::Difference;
use super::linker::{Linker, PartyId};
use super::nearest::NearNames;
use super::offer::Offer;
use super::path::Path;
use super::reason::Reason;
use super::report::{Import, LinkReport, Mismatch};
use super::side::Sides;
use super::walk::Explainer;
use super::wat;
use crate::canon::Interner;
use crate::error::Result;
use crate::memory::{list_of, push, reserve, reserve_map, reserve_set};
use crate::module::{NamedExport, NamedImport};

/// What an import is given in the end.
#[derive(Clone, Copy)]
struct Origin<'a> {
    party: usize,
    export: &'a NamedExport<'a>,
    /// Whether this only passes on what nobody was given for.
    assumed: bool,
}

/// One run of the linker.
pub(super) struct Linking<'a> {
    linker: &'a Linker,
    common: &'a Interner,
    offers: &'a [Offer<'a>],
    /// By party and import: who provides it, if that is exactly one.
    providers: Vec<Vec<Option<usize>>>,
    /// By party: the cycle of the graph of imports that it is on.
    on_cycle: Vec<Option<u32>>,
    /// By party and export name.
    origins: HashMap<(usize, &'a str), Origin<'a>>,
    /// By consumer and provider.
    explainers: HashMap<(usize, usize), Explainer<'a>>,
    /// By cycle: where in the report it stands.
    reported: HashMap<u32, usize>,
    near_names: NearNames,
    /// How many more exports may be looked for among those who were not named.
    candidates_left: usize,
    /// The names of all modules that are imported from. Filled when somebody may have been meant.
    imported: HashSet<&'a str>,
    report: LinkReport,
}

impl<'a> Linking<'a> {
    pub(super) fn new(
        linker: &'a Linker,
        common: &'a Interner,
        offers: &'a [Offer<'a>],
    ) -> Result<Linking<'a>> {
        let mut linking = Linking {
            linker,
            common,
            offers,
            providers: Vec::new(),
            on_cycle: Vec::new(),
            origins: HashMap::new(),
            explainers: HashMap::new(),
            reported: HashMap::new(),
            near_names: NearNames::new(),
            candidates_left: 1 << 20,
            imported: HashSet::new(),
            report: LinkReport {
                imports: 0,
                ignored: 0,
                mismatches: Vec::new(),
                assumed: Vec::new(),
                cycles: Vec::new(),
            },
        };
        let mut edges = list_of(offers.len())?;
        reserve(&mut linking.providers, offers.len())?;
        for offer in offers {
            let providers = linking.carriers(offer)?;
            let mut parties: Vec<usize> = list_of(providers.len())?;
            parties.extend(providers.iter().flatten());
            parties.sort_unstable();
            parties.dedup();
            edges.push(parties);
            linking.providers.push(providers);
        }
        linking.on_cycle = cycles(&edges)?;
        Ok(linking)
    }

    pub(super) fn finish(self) -> LinkReport {
        self.report
    }

    /// For each import, the party that carries its module's name, if it is exactly one.
    fn carriers(&self, offer: &Offer<'a>) -> Result<Vec<Option<usize>>> {
        let mut last = ("", None);
        let carrier = |import: &NamedImport<'a>| {
            // Most modules import a lot from a few.
            if last.0 != import.module || last.1.is_none() {
                let carriers = self.linker.names.get(import.module).map(Vec::as_slice);
                last = match carriers {
                    Some([party]) => (import.module, Some(party.0)),
                    Some(_) | None => (import.module, None),
                };
            }
            last.1
        };
        let mut carriers = list_of(offer.imports.len())?;
        carriers.extend(offer.imports.iter().map(carrier));
        Ok(carriers)
    }

    /// Whether an import from `provider` by `consumer` waits on itself.
    fn is_cyclic(&self, consumer: usize, provider: usize) -> bool {
        let cycle = self.on_cycle[consumer];
        cycle.is_some() && cycle == self.on_cycle[provider]
    }

    /// What an export is in the end: one that passes on an import is what that import is given,
    /// as far as its provider is there.
    fn origin(&mut self, party: usize, export: &'a NamedExport<'a>) -> Result<Origin<'a>> {
        if export.reexports.is_none() {
            return Ok(Origin {
                party,
                export,
                assumed: false,
            });
        }
        let mut passed = Vec::new();
        let (mut party, mut export) = (party, export);
        let origin = loop {
            if let Some(&known) = self.origins.get(&(party, export.name)) {
                break known;
            }
            push(&mut passed, (party, export.name))?;
            let declared = |assumed| Origin {
                party,
                export,
                assumed,
            };
            let Some(position) = export.reexports else {
                break declared(false);
            };
            let import = &self.offers[party].imports[position as usize];
            let provider = self.providers[party][position as usize];
            let next = provider.filter(|&provider| !self.is_cyclic(party, provider));
            let next = match next {
                Some(provider) => {
                    let export = self.offers[provider].export(import.name)?;
                    // Something of another kind is no type for this export at all.
                    let export = export.filter(|export| export.ty.kind() == import.ty.kind());
                    export.map(|export| (provider, export))
                }
                None => None,
            };
            match next {
                Some(next) => (party, export) = next,
                None => break declared(true),
            }
        };
        reserve_map(&mut self.origins, passed.len())?;
        for key in passed {
            self.origins.insert(key, origin);
        }
        Ok(origin)
    }

    /// Judges every import of a party, and explains what does not fit.
    pub(super) fn judge(&mut self, consumer: usize) -> Result<()> {
        for (position, import) in self.offers[consumer].imports.iter().enumerate() {
            self.report.imports += 1;
            let Some(provider) = self.providers[consumer][position] else {
                self.no_provider(consumer, import)?;
                continue;
            };
            if self.is_cyclic(consumer, provider) {
                self.waits(consumer, provider, import)?;
                continue;
            }
            match self.offers[provider].export(import.name)? {
                Some(export) => self.compare(consumer, provider, import, export)?,
                None => {
                    let names = self.offers[provider]
                        .exports
                        .iter()
                        .map(|export| export.name);
                    let hint = self.near_names.hint(import.name, names);
                    self.missing(
                        consumer,
                        Some(provider),
                        import,
                        Reason::MissingExport,
                        hint,
                    )?;
                }
            }
        }
        Ok(())
    }

    fn compare(
        &mut self,
        consumer: usize,
        provider: usize,
        import: &'a NamedImport<'a>,
        export: &'a NamedExport<'a>,
    ) -> Result<()> {
        let origin = self.origin(provider, export)?;
        let said = |linking: &Self| Import {
            assumed: origin.assumed,
            ..linking.import(consumer, Some(origin.party), import)
        };
        if origin.assumed {
            let import = said(self);
            push(&mut self.report.assumed, import)?;
        }
        let sides = Sides {
            common: self.common,
            expected: self.offers[consumer].side(self.common),
            found: self.offers[origin.party].side(self.common),
        };
        if sides.fits(&import.ty, &origin.export.ty) {
            return Ok(());
        }
        reserve_map(&mut self.explainers, 1)?;
        let explainer = self
            .explainers
            .entry((consumer, origin.party))
            .or_insert_with(|| Explainer::new(sides, true));
        let mut difference = explainer.explain_extern(&import.ty, &origin.export.ty)?;
        if origin.party != provider {
            let hint = format!("passed on by {}", self.linker.parties[provider].0);
            difference.add_hint(hint);
        }
        let import = said(self);
        Ok(push(
            &mut self.report.mismatches,
            Mismatch { import, difference },
        )?)
    }

    /// What the report calls an import.
    fn import(&self, consumer: usize, provider: Option<usize>, import: &NamedImport<'_>) -> Import {
        let label = |party: usize| self.linker.parties[party].0.clone();
        Import {
            consumer: label(consumer),
            provider: provider.map(label),
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            kind: import.ty.kind(),
            assumed: false,
        }
    }

    /// An import whose module's name is carried by nobody, or by several.
    fn no_provider(&mut self, consumer: usize, import: &NamedImport<'_>) -> Result<()> {
        let names = &self.linker.names;
        let (reason, hint) = match names.get(import.module) {
            Some(carriers) => {
                let labels = carriers
                    .iter()
                    .map(|party| &*self.linker.parties[party.0].0);
                let labels: Vec<&str> = labels.collect();
                let hint = format!("{} go by that name", labels.join(" and "));
                (Reason::AmbiguousModule, Some(hint))
            }
            None if self.linker.ignore_missing => {
                self.report.ignored += 1;
                return Ok(());
            }
            None => {
                let names = names.keys().map(|name| &**name);
                let near = self.near_names.hint(import.module, names);
                let hint = match (near, self.linker.how_to_name) {
                    (None, Some(how)) => {
                        let candidate = self.candidate(consumer, import)?;
                        let in_use = match candidate {
                            Some(party) => self.names_in_use(party)?,
                            None => Vec::new(),
                        };
                        let label = candidate.map(|party| &*self.linker.parties[party].0);
                        Some(how(import.module, label, &in_use))
                    }
                    (near, _) => near,
                };
                (Reason::MissingModule, hint)
            }
        };
        self.missing(consumer, None, import, reason, hint)
    }

    /// Who has an export like an import, until it was looked for so often that it would be felt.
    fn candidate(&mut self, consumer: usize, import: &NamedImport<'_>) -> Result<Option<usize>> {
        for (party, offer) in self.offers.iter().enumerate() {
            if party == consumer || self.candidates_left == 0 {
                continue;
            }
            self.candidates_left -= 1;
            let export = offer.export(import.name)?;
            if export.is_some_and(|export| export.ty.kind() == import.ty.kind()) {
                return Ok(Some(party));
            }
        }
        Ok(None)
    }

    /// The names that a party alone goes by, as far as somebody imports from them, in order. Linear
    /// in all names, which counts as looking for a candidate, and once in the imports.
    fn names_in_use(&mut self, party: usize) -> Result<Vec<&'a str>> {
        if self.imported.is_empty() {
            let imports = self.offers.iter().flat_map(|offer| &offer.imports);
            for import in imports {
                reserve_set(&mut self.imported, 1)?;
                self.imported.insert(import.module);
            }
        }
        let looks = self.linker.names.len();
        self.candidates_left = self.candidates_left.saturating_sub(looks);
        let mut in_use = Vec::new();
        for (name, carriers) in &self.linker.names {
            if carriers[..] == [PartyId(party)] && self.imported.contains(&**name) {
                push(&mut in_use, &**name)?;
            }
        }
        in_use.sort_unstable();
        Ok(in_use)
    }

    /// An import for which there is nothing.
    fn missing(
        &mut self,
        consumer: usize,
        provider: Option<usize>,
        import: &NamedImport<'_>,
        reason: Reason,
        hint: Option<String>,
    ) -> Result<()> {
        let side = self.offers[consumer].side(self.common);
        let difference = Difference {
            reason,
            path: Path::default(),
            expected: wat::extern_type(side, &import.ty)?,
            found: None,
            expected_type: wat::named_type(side, &import.ty),
            found_type: None,
            hint,
            cause: None,
        };
        let import = self.import(consumer, provider, import);
        Ok(push(
            &mut self.report.mismatches,
            Mismatch { import, difference },
        )?)
    }

    /// An import that waits on itself.
    fn waits(&mut self, consumer: usize, provider: usize, import: &NamedImport<'_>) -> Result<()> {
        let import = self.import(consumer, Some(provider), import);
        let cycle = self.on_cycle[consumer].expect("it was found on a cycle");
        let cycles = &mut self.report.cycles;
        reserve(cycles, 1)?;
        reserve_map(&mut self.reported, 1)?;
        let place = *self.reported.entry(cycle).or_insert_with(|| {
            cycles.push(Vec::new());
            cycles.len() - 1
        });
        Ok(push(&mut cycles[place], import)?)
    }
}
