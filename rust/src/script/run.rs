//! A script's directives, one after the other.

use wast::core::ModuleKind;
use wast::parser::{self, Parse, ParseBuffer, Parser, parse};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastDirective, WastExecute, Wat};

use super::instances::Instances;
use super::split::{Piece, lexer, split};
use super::verdict::{Outcome, ScriptReport, Skip, Verdict};
use crate::error::{Error, Result};
use crate::features::Features;
use crate::limits::Limits;
use crate::link::Reason;
use crate::module::Module;

/// Runs the directives of a script that types alone decide.
///
/// A directive that does not parse has failed, and the others are run all the same. Linear in
/// the script, and for each module in what its imports lead to.
///
/// ```
/// use typereg::script::{Outcome, run_script};
/// use typereg::{Features, Limits};
///
/// let script = r#"
///   (module (func (export "f") (param i32)))
///   (register "m")
///   (assert_unlinkable (module (import "m" "f" (func))) "incompatible import type")
///   (assert_return (invoke "f" (i32.const 1)))"#;
/// let report = run_script(script, &Limits::js_api(), &Features::default())?;
/// assert_eq!((report.passed(), report.skipped()), (3, 1));
/// assert!(report.is_ok());
/// # Ok::<(), typereg::Error>(())
/// ```
///
/// # Errors
///
/// `Limit` where there is no memory. What is wrong with the script is in the report.
pub fn run_script(text: &str, limits: &Limits, features: &Features) -> Result<ScriptReport> {
    let mut runner = Runner {
        text,
        place: Place::default(),
        limits,
        features,
        instances: Instances::new()?,
    };
    let mut report = ScriptReport::default();
    let mut pieces = split(text);
    if !pieces
        .first()
        .is_none_or(|piece| is_directive(&piece.keyword))
    {
        // A module's fields, without the module around them.
        pieces = vec![Piece {
            range: 0..text.len(),
            keyword: "module".to_owned(),
        }];
    }
    for piece in pieces {
        runner.place.move_to(text, piece.range.start);
        report.verdicts.push(Verdict {
            line: runner.place.line,
            column: runner.place.column,
            outcome: runner.piece(&text[piece.range], &piece.keyword)?,
            directive: piece.keyword,
        });
    }
    Ok(report)
}

fn is_directive(keyword: &str) -> bool {
    keyword.starts_with("assert_")
        || [
            "module",
            "component",
            "register",
            "invoke",
            "get",
            "thread",
            "wait",
        ]
        .contains(&keyword)
}

/// A directive in its parentheses. `Wast` takes a text that begins with one of some keywords for a
/// module's fields, however the directives that follow read.
struct Alone<T>(T);

impl<'a, T: Parse<'a>> Parse<'a> for Alone<T> {
    fn parse(parser: Parser<'a>) -> parser::Result<Alone<T>> {
        Ok(Alone(parser.parens(Parser::parse)?))
    }
}

/// Line and column of an offset that only goes forward.
#[derive(Clone, Copy)]
struct Place {
    offset: usize,
    line: usize,
    column: usize,
}

impl Default for Place {
    fn default() -> Place {
        Place {
            offset: 0,
            line: 1,
            column: 1,
        }
    }
}

impl Place {
    fn move_to(&mut self, text: &str, offset: usize) {
        // An error's offset need not be where a character begins.
        let mut ahead = text[self.offset..].char_indices();
        while let Some((at, char)) = ahead.next()
            && self.offset + at < offset
        {
            if char == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = offset;
    }
}

/// What became of a module's text or bytes.
enum Read {
    Module(Module),
    /// The text has no bytes, and why.
    Unencodable(String),
    Refused(Error),
}

struct Runner<'a> {
    /// The script.
    text: &'a str,
    /// Where the directive begins that is run.
    place: Place,
    limits: &'a Limits,
    features: &'a Features,
    instances: Instances,
}

impl Runner<'_> {
    fn piece(&mut self, text: &str, keyword: &str) -> Result<Outcome> {
        let failed = |error: &wast::Error| Outcome::Failed(self.not_parsed(error));
        let buffer = match ParseBuffer::new_with_lexer(lexer(text)) {
            Ok(buffer) => buffer,
            Err(error) => return Ok(failed(&error)),
        };
        let directives = match keyword {
            "get" => match parse::<Alone<WastExecute<'_>>>(&buffer) {
                Ok(_) => return Ok(Outcome::Skipped(Skip::Execution)),
                Err(error) => Err(error),
            },
            "thread" | "wait" => {
                parse(&buffer).map(|Alone(directive): Alone<WastDirective<'_>>| vec![directive])
            }
            _ => parse(&buffer).map(|wast: Wast<'_>| wast.directives),
        };
        let directives = match directives {
            Ok(directives) => directives,
            Err(error) => return Ok(failed(&error)),
        };
        for directive in directives {
            let outcome = self.directive(directive)?;
            if outcome != Outcome::Passed {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Passed)
    }

    /// What is wrong with the text of the directive, and where.
    fn not_parsed(&self, error: &wast::Error) -> String {
        let mut place = self.place;
        place.move_to(self.text, place.offset + error.span().offset());
        let (message, line, column) = (error.message(), place.line, place.column);
        format!("does not parse: {message} at line {line}, column {column}")
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Result<Outcome> {
        match directive {
            WastDirective::Module(mut module) => {
                let id = module.name();
                let read = self.read(&mut module);
                let outcome = self.instantiate(&read)?;
                self.instances.instantiate(name(id), kept(read, &outcome));
                Ok(outcome)
            }
            WastDirective::ModuleDefinition(mut module) => {
                let id = module.name();
                let read = self.read(&mut module);
                let outcome = valid(&read);
                self.instances.define(name(id), kept(read, &outcome));
                Ok(outcome)
            }
            WastDirective::ModuleInstance {
                instance, module, ..
            } => {
                let Some(module) = self.instances.definition(name(module)) else {
                    self.instances.instantiate(name(instance), None);
                    return Ok(Outcome::Skipped(Skip::Dependency));
                };
                let read = Read::Module(module);
                let outcome = self.instantiate(&read)?;
                self.instances
                    .instantiate(name(instance), kept(read, &outcome));
                Ok(outcome)
            }
            WastDirective::Register {
                name: as_name,
                module,
                ..
            } => Ok(if self.instances.register(as_name, name(module)) {
                Outcome::Passed
            } else {
                Outcome::Skipped(Skip::Dependency)
            }),
            WastDirective::AssertInvalid {
                mut module,
                message,
                ..
            } => Ok(self.refused(&mut module, message, invalidating)),
            WastDirective::AssertMalformed {
                mut module,
                message,
                ..
            } => Ok(match &module {
                QuoteWat::Wat(Wat::Module(inner)) if is_binary(&inner.kind) => {
                    self.refused(&mut module, message, passed_over)
                }
                QuoteWat::Wat(_) | QuoteWat::QuoteModule(..) | QuoteWat::QuoteComponent(..) => {
                    Outcome::Skipped(Skip::Text)
                }
            }),
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => {
                let read = self.read(&mut QuoteWat::Wat(module));
                self.unlinkable(&read, message)
            }
            WastDirective::AssertTrap {
                exec: WastExecute::Wat(module),
                ..
            } => {
                // It links, and traps when it starts.
                let read = self.read(&mut QuoteWat::Wat(module));
                let outcome = self.instantiate(&read)?;
                Ok(match outcome {
                    Outcome::Passed => Outcome::Skipped(Skip::Execution),
                    Outcome::Failed(_) | Outcome::Skipped(_) => outcome,
                })
            }
            WastDirective::AssertInvalidCustom { .. }
            | WastDirective::AssertMalformedCustom { .. } => Ok(Outcome::Skipped(Skip::Custom)),
            WastDirective::Invoke(_)
            | WastDirective::AssertTrap { .. }
            | WastDirective::AssertReturn { .. }
            | WastDirective::AssertExhaustion { .. }
            | WastDirective::AssertException { .. }
            | WastDirective::AssertSuspension { .. }
            | WastDirective::Thread(_)
            | WastDirective::Wait { .. } => {
                self.instances.ran = true;
                Ok(Outcome::Skipped(Skip::Execution))
            }
        }
    }

    fn read(&self, module: &mut QuoteWat<'_>) -> Read {
        let wasm = match module.encode() {
            Ok(wasm) => wasm,
            Err(error) => {
                return Read::Unencodable(match module {
                    QuoteWat::Wat(_) => self.not_parsed(&error),
                    // Its offset counts what the quotes hold, not what stands in the script.
                    QuoteWat::QuoteModule(..) | QuoteWat::QuoteComponent(..) => {
                        format!("does not parse: {}", error.message())
                    }
                });
            }
        };
        match self.decode(wasm) {
            Ok(module) => Read::Module(module),
            Err(error) => Read::Refused(error),
        }
    }

    fn decode(&self, wasm: Vec<u8>) -> Result<Module> {
        let module = Module::new(wasm, self.limits, self.features)?;
        module.check_ref_func_initializers()?;
        Ok(module)
    }

    /// A module that must be valid and get its imports.
    fn instantiate(&self, read: &Read) -> Result<Outcome> {
        let Read::Module(module) = read else {
            return Ok(valid(read));
        };
        let Some(report) = self.instances.link(module)? else {
            return Ok(Outcome::Skipped(Skip::Dependency));
        };
        if report.is_ok() {
            return Ok(Outcome::Passed);
        }
        let mut reasons = report.mismatches.iter().map(|each| each.difference.reason);
        if self.instances.ran && reasons.all(|reason| reason == Reason::LimitsMin) {
            return Ok(Outcome::Skipped(Skip::Growth));
        }
        Ok(Outcome::Failed(report.to_string()))
    }

    /// A module that must be invalid or malformed, unless that is for something unseen in it.
    fn refused(
        &self,
        module: &mut QuoteWat<'_>,
        message: &str,
        unseen: fn(&[u8]) -> Option<Skip>,
    ) -> Outcome {
        match self.read(module) {
            Read::Unencodable(_) => Outcome::Skipped(Skip::Text),
            Read::Refused(Error::UnsupportedFeature { feature, .. }) => {
                Outcome::Skipped(Skip::Feature(feature))
            }
            // It is not known what else may be wrong with it.
            Read::Refused(error @ Error::Limit { .. }) => Outcome::Failed(error.to_string()),
            Read::Refused(_) => Outcome::Passed,
            Read::Module(module) => match unseen(module.wasm()) {
                Some(skip) => Outcome::Skipped(skip),
                None => Outcome::Failed(format!("accepted, and expected is: {message}")),
            },
        }
    }

    fn unlinkable(&self, read: &Read, message: &str) -> Result<Outcome> {
        let Read::Module(module) = read else {
            return Ok(valid(read));
        };
        let Some(report) = self.instances.link(module)? else {
            return Ok(Outcome::Skipped(Skip::Dependency));
        };
        if !report.is_ok() {
            return Ok(Outcome::Passed);
        }
        let sections = section_ids(module.wasm());
        Ok(if sections.contains(&ELEMENT) {
            Outcome::Skipped(Skip::Elements)
        } else if sections.contains(&DATA) {
            Outcome::Skipped(Skip::Data)
        } else {
            Outcome::Failed(format!("it links, and expected is: {message}"))
        })
    }
}

/// Whether a module is valid, as far as types decide.
fn valid(read: &Read) -> Outcome {
    match read {
        Read::Module(_) => Outcome::Passed,
        Read::Unencodable(message) => Outcome::Failed(message.clone()),
        Read::Refused(Error::UnsupportedFeature { feature, .. }) => {
            Outcome::Skipped(Skip::Feature(*feature))
        }
        Read::Refused(error) => Outcome::Failed(error.to_string()),
    }
}

/// The module, where later directives can use it.
fn kept(read: Read, outcome: &Outcome) -> Option<Module> {
    match (read, outcome) {
        (Read::Module(module), Outcome::Passed | Outcome::Skipped(Skip::Growth)) => Some(module),
        (Read::Module(_) | Read::Unencodable(_) | Read::Refused(_), _) => None,
    }
}

fn name<'a>(id: Option<Id<'a>>) -> Option<&'a str> {
    id.map(|id| id.name())
}

fn is_binary(kind: &ModuleKind<'_>) -> bool {
    match kind {
        ModuleKind::Binary(_) => true,
        ModuleKind::Text(_) => false,
    }
}

const TABLE: u8 = 4;
const GLOBAL: u8 = 6;
const START: u8 = 8;
const ELEMENT: u8 = 9;
const CODE: u8 = 10;
const DATA: u8 = 11;
const DATA_COUNT: u8 = 12;

/// What typereg has not looked at in a module that it takes, if anything.
fn passed_over(wasm: &[u8]) -> Option<Skip> {
    let sections = section_ids(wasm);
    let skips = [
        (CODE, Skip::Bodies),
        (GLOBAL, Skip::Initializers),
        (TABLE, Skip::Initializers),
        (ELEMENT, Skip::Elements),
        (DATA, Skip::Data),
        (DATA_COUNT, Skip::Data),
        (START, Skip::Start),
        (0, Skip::Custom),
    ];
    let found = skips.into_iter().find(|(id, _)| sections.contains(id));
    found.map(|(_, skip)| skip)
}

/// What typereg has not looked at that could make a module invalid. A custom section could not: the
/// names of a module in text are one.
fn invalidating(wasm: &[u8]) -> Option<Skip> {
    passed_over(wasm).filter(|skip| !matches!(skip, Skip::Custom))
}

/// The numbers of a module's sections.
fn section_ids(wasm: &[u8]) -> Vec<u8> {
    let mut ids = Vec::new();
    let mut rest = wasm.get(8..).unwrap_or_default();
    while let [id, behind @ ..] = rest {
        let mut size = 0_u64;
        let mut read = 0;
        for (position, byte) in behind.iter().take(5).enumerate() {
            size |= u64::from(byte & 0x7f) << (7 * position);
            read = position + 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        ids.push(*id);
        let end = read as u64 + size;
        rest = usize::try_from(end)
            .ok()
            .and_then(|end| behind.get(end..))
            .unwrap_or_default();
    }
    ids
}
