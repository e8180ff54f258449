//! What is said of each directive.

use std::fmt;

use crate::features::Feature;

/// What decides a directive that types do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Skip {
    /// Something has to run.
    Execution,
    /// Whether text is well-formed.
    Text,
    /// A function's body.
    Bodies,
    /// The initializer of a global or table, beyond a lone `ref.func`.
    Initializers,
    /// Element segments.
    Elements,
    /// Data segments.
    Data,
    /// The start function.
    Start,
    /// What stands in a custom section.
    Custom,
    /// The size that a memory or table has grown to.
    Growth,
    /// A module that was itself skipped.
    Dependency,
    /// A feature that is off, or that typereg does not have.
    Feature(Feature),
}

impl Skip {
    /// The reason, as a stable string.
    pub fn name(self) -> String {
        match self {
            Skip::Execution => "needs execution".to_owned(),
            Skip::Text => "syntax of text".to_owned(),
            Skip::Bodies => "function bodies".to_owned(),
            Skip::Initializers => "initializers".to_owned(),
            Skip::Elements => "element segments".to_owned(),
            Skip::Data => "data segments".to_owned(),
            Skip::Start => "start function".to_owned(),
            Skip::Custom => "custom sections".to_owned(),
            Skip::Growth => "growth of memories and tables".to_owned(),
            Skip::Dependency => "a module that was skipped".to_owned(),
            Skip::Feature(feature) => format!("feature {}", feature.name()),
        }
    }
}

/// How a directive went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As the script says.
    Passed,
    /// Not as the script says; with what was found instead.
    Failed(String),
    /// Not decided by types.
    Skipped(Skip),
}

/// A directive and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The line it begins in, from 1.
    pub line: usize,
    /// The column it begins in, from 1.
    pub column: usize,
    /// Its keyword: `module`, `assert_invalid`, ….
    pub directive: String,
    /// How it went.
    pub outcome: Outcome,
}

/// All directives of a script, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptReport {
    /// One for each directive.
    pub verdicts: Vec<Verdict>,
}

impl ScriptReport {
    /// Whether no directive failed.
    pub fn is_ok(&self) -> bool {
        self.failures().next().is_none()
    }

    /// How many directives passed.
    pub fn passed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Passed))
    }

    /// How many directives were skipped.
    pub fn skipped(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Skipped(_)))
    }

    /// The directives that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Verdict> {
        let failed = |verdict: &&Verdict| matches!(verdict.outcome, Outcome::Failed(_));
        self.verdicts.iter().filter(failed)
    }

    fn count(&self, wanted: impl Fn(&Outcome) -> bool) -> usize {
        let verdicts = self.verdicts.iter();
        verdicts.filter(|verdict| wanted(&verdict.outcome)).count()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict {
            line,
            column,
            directive,
            outcome,
        } = self;
        write!(f, "{line}:{column}: {directive}: ")?;
        match outcome {
            Outcome::Passed => write!(f, "passed"),
            Outcome::Failed(message) => write!(f, "{message}"),
            Outcome::Skipped(skip) => write!(f, "skipped: {}", skip.name()),
        }
    }
}
