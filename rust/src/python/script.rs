//! `run_script`: what `typereg wast` asks.

use pyo3::prelude::*;

use super::convert;
use super::errors::OrRaise;
use super::guard::guarded;
use crate::script::{Outcome, ScriptReport, Verdict, run_script as run};

/// Line, column, directive, how it went, and why.
type Row = (usize, usize, String, &'static str, Option<String>);

fn row(verdict: Verdict) -> Row {
    let Verdict {
        line,
        column,
        directive,
        outcome,
    } = verdict;
    let (went, why) = match outcome {
        Outcome::Passed => ("passed", None),
        Outcome::Failed(message) => ("failed", Some(message)),
        Outcome::Skipped(skip) => ("skipped", Some(skip.name())),
    };
    (line, column, directive, went, why)
}

/// Runs the directives of a script that types alone decide. For the command line.
///
/// Gives for each directive its line and column, its keyword, ``"passed"``, ``"failed"`` or
/// ``"skipped"``, and of the last two the reason.
#[pyfunction]
#[pyo3(signature = (text, *, features = None, limits = None))]
pub(crate) fn run_script(
    py: Python<'_>,
    text: &str,
    features: Option<&Bound<'_, PyAny>>,
    limits: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<Row>> {
    guarded(py, || {
        let features = convert::features(features)?;
        let limits = convert::limits(limits)?;
        let report: ScriptReport = py.detach(|| run(text, &limits, &features)).or_raise(py)?;
        Ok(report.verdicts.into_iter().map(row).collect())
    })
}
