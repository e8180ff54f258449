//! Reports as text, for 80 columns.

use std::fmt::{self, Formatter};

use super::diff::{Change, InterfaceChange, InterfaceDiff};
use super::difference::Difference;
use super::path::Path;
use super::report::{Import, LinkReport, Mismatch};
use super::wat::push_printable;

const WIDTH: usize = 80;
/// Where the WAT of both sides begins.
const MARGIN: usize = 12;
/// The least room that WAT takes in front of the place it is from.
const LEAST: usize = 21;
/// Lines of WAT for each side.
const MOST_LINES: usize = 8;

/// How both sides of a difference are called, and where they are from.
pub(super) struct Places<'a> {
    pub(super) labels: [&'static str; 2],
    pub(super) expected: &'a str,
    pub(super) found: Option<&'a str>,
    /// Whether what is expected stands first.
    pub(super) expected_first: bool,
}

impl<'a> Places<'a> {
    /// What is expected and what is found, in that order.
    pub(super) fn of(expected: &'a str, found: Option<&'a str>) -> Places<'a> {
        Places {
            labels: ["expected", "found"],
            expected,
            found,
            expected_first: true,
        }
    }

    /// Two versions of a module, the old one first.
    fn of_versions(old_is_expected: bool) -> Places<'static> {
        let (expected, found) = if old_is_expected {
            ("old", "new")
        } else {
            ("new", "old")
        };
        Places {
            labels: [expected, found],
            expected: "",
            found: Some(""),
            expected_first: old_is_expected,
        }
    }
}

/// A name as WAT writes it, in quotes.
fn quoted(name: &str) -> String {
    let mut text = String::from('"');
    for char in name.chars() {
        match char {
            '"' | '\\' => text.extend(['\\', char]),
            char => push_printable(&mut text, char),
        }
    }
    text.push('"');
    text
}

/// `plugin.wasm imports "env" "mk" (func)`.
fn write_import(f: &mut Formatter<'_>, import: &Import) -> fmt::Result {
    let Import {
        consumer,
        module,
        name,
        kind,
        ..
    } = import;
    let (module, name, kind) = (quoted(module), quoted(name), kind.name());
    write!(
        f,
        "{} imports {module} {name} ({kind})",
        printable(consumer)
    )
}

pub(super) fn mismatch(f: &mut Formatter<'_>, mismatch: &Mismatch) -> fmt::Result {
    let Mismatch { import, difference } = mismatch;
    write_import(f, import)?;
    write!(f, ": {}", difference.reason)?;
    let places = Places::of(&import.consumer, import.provider.as_deref());
    write_difference(f, difference, &places)?;
    if import.assumed {
        f.write_str("\n  assumed: declared; its own provider was not given")?;
    }
    Ok(())
}

/// What follows the reason: the place, both sides, the hint and the cause, each on lines of their
/// own.
pub(super) fn write_difference(
    f: &mut Formatter<'_>,
    difference: &Difference,
    places: &Places<'_>,
) -> fmt::Result {
    if !difference.path.is_empty() {
        write_path(f, &difference.path)?;
    }
    let column = [Some(&difference.expected), difference.found.as_ref()]
        .into_iter()
        .flatten()
        .map(|wat| wat.chars().count())
        .fold(LEAST, usize::max);
    let origin = |file: &str, index: Option<u32>| match index {
        Some(index) if file.is_empty() => format!("type {index}"),
        Some(index) => format!("{}, type {index}", printable(file)),
        None => printable(file),
    };
    let [expected_label, found_label] = places.labels;
    let from = origin(places.expected, difference.expected_type);
    let mut sides = vec![(expected_label, &difference.expected, from)];
    if let (Some(found), Some(file)) = (&difference.found, places.found) {
        let from = origin(file, difference.found_type);
        sides.push((found_label, found, from));
    }
    if !places.expected_first {
        sides.reverse();
    }
    for (label, wat, from) in sides {
        write_side(f, label, wat, &from, column)?;
    }
    if let Some(hint) = &difference.hint {
        for (position, line) in wrap(&printable(hint), WIDTH - MARGIN)
            .into_iter()
            .enumerate()
        {
            let label = if position == 0 { "hint" } else { "" };
            write!(f, "\n  {label:<8}  {line}")?;
        }
    }
    if let Some(cause) = &difference.cause {
        write!(f, "\n  because of {}", cause.reason)?;
        let says_more = !cause.path.is_empty() || cause.expected != difference.expected;
        if says_more {
            write_difference(f, cause, places)?;
        }
    }
    Ok(())
}

/// The place, on as many lines as it takes; none begins with anything but a step.
fn write_path(f: &mut Formatter<'_>, path: &Path) -> fmt::Result {
    let mut room = 0;
    for (position, step) in path.texts().iter().enumerate() {
        let size = step.chars().count() + " -> ".len();
        if position == 0 {
            write!(f, "\n  at {step}")?;
        } else if size <= room {
            write!(f, " -> {step}")?;
            room -= size;
            continue;
        } else {
            write!(f, " ->\n     {step}")?;
        }
        // An arrow may follow at the line's end.
        room = (WIDTH - "  at ".len()).saturating_sub(size - 1);
    }
    Ok(())
}

/// One side, its origin beside it where both fit, else behind it on a line of its own.
fn write_side(
    f: &mut Formatter<'_>,
    label: &str,
    wat: &str,
    origin: &str,
    column: usize,
) -> fmt::Result {
    let wat = printable(wat);
    write!(f, "\n  {label:<8}  ")?;
    if MARGIN + column + 2 + origin.chars().count() <= WIDTH {
        let line = format!("{wat:<column$}  {origin}");
        return f.write_str(line.trim_end());
    }
    let mut lines = wrap(&wat, WIDTH - MARGIN);
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push("...".to_owned());
    }
    if !origin.is_empty() {
        lines.push(format!(";; {origin}"));
    }
    let margin = " ".repeat(MARGIN);
    f.write_str(&lines.join(&format!("\n{margin}")))
}

/// Breaks a text at spaces into lines of at most `width` characters, as far as it has spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut room = 0;
    for word in text.split(' ') {
        let size = word.chars().count();
        match lines.last_mut() {
            Some(line) if size < room => {
                line.push(' ');
                line.push_str(word);
                room -= size + 1;
            }
            _ => {
                lines.push(word.to_owned());
                room = width.saturating_sub(size);
            }
        }
    }
    lines
}

/// Text that a terminal shows as it stands, and does not obey.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        push_printable(&mut shown, char);
    }
    shown
}

pub(super) fn report(f: &mut Formatter<'_>, report: &LinkReport) -> fmt::Result {
    for mismatch in &report.mismatches {
        writeln!(f, "{mismatch}")?;
    }
    for cycle in &report.cycles {
        f.write_str("these imports wait on each other and are not judged:\n")?;
        for import in cycle {
            f.write_str("  ")?;
            write_import(f, import)?;
            f.write_str("\n")?;
        }
    }
    let assumed = report.assumed.len();
    if assumed > 0 {
        let (are, their) = if assumed == 1 {
            ("is", "its")
        } else {
            ("are", "their")
        };
        writeln!(
            f,
            "{assumed} {are} judged by {their} declared type, for want of the provider"
        )?;
    }
    write_summary(f, report)
}

fn write_summary(f: &mut Formatter<'_>, report: &LinkReport) -> fmt::Result {
    let (imports, ignored) = (report.imports - report.ignored, report.ignored);
    let mismatches = report.mismatches.len();
    let waiting: usize = report.cycles.iter().map(Vec::len).sum();
    match (imports, mismatches, waiting) {
        (0, ..) if ignored == 0 => f.write_str("no imports")?,
        (0, ..) => {}
        (1, 0, 0) => f.write_str("1 import matches")?,
        (_, 0, 0) => write!(f, "all {imports} imports match")?,
        (_, 0, _) => write!(f, "{waiting} of {imports} imports wait on each other")?,
        (..) => write!(f, "{mismatches} of {imports} imports do not match")?,
    }
    if ignored == 0 {
        return Ok(());
    }
    let others = if imports > 0 { "; " } else { "" };
    let noun = match (imports, ignored) {
        (0, 1) => " import",
        (0, _) => " imports",
        (..) => "",
    };
    let which = match ignored {
        1 => "its module was",
        _ => "their modules were",
    };
    write!(f, "{others}{ignored}{noun} left out, {which} not given")
}

pub(super) fn change(f: &mut Formatter<'_>, change: &InterfaceChange) -> fmt::Result {
    write!(f, "{}: ", change.change.name())?;
    match &change.module {
        Some(module) => write!(f, "import {} ", quoted(module))?,
        None => f.write_str("export ")?,
    }
    write!(f, "{} ({})", quoted(&change.name), change.kind.name())?;
    let Some(difference) = &change.difference else {
        let (word, wat) = match (&change.old, &change.new) {
            (Some(wat), _) => ("removed", wat),
            (None, wat) => ("added", wat.as_ref().unwrap_or(&change.name)),
        };
        let label = if word == "added" { "new" } else { "old" };
        write!(f, " {word}")?;
        return write_side(f, label, wat, "", wat.chars().count());
    };
    write!(f, ": {}", difference.reason)?;
    write_difference(f, difference, &Places::of_versions(change.module.is_none()))
}

pub(super) fn diff(f: &mut Formatter<'_>, diff: &InterfaceDiff) -> fmt::Result {
    for change in &diff.changes {
        writeln!(f, "{change}")?;
    }
    if diff.changes.is_empty() {
        return f.write_str("same interface");
    }
    let counts = [Change::Breaking, Change::Compatible, Change::Additive].map(|change| {
        let count = diff.of(change).count();
        (count > 0).then(|| format!("{count} {}", change.name()))
    });
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    f.write_str(&counts.join(", "))
}
