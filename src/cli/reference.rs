//! `criteria` and `explain`: what is asked, why, and where it comes from.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::settings;
use super::{Failure, output};
use crate::criteria::{Basis, Criteria, RuleKind, built_in, built_in_names};
use crate::report::Status;

fn criteria(name: &str) -> Result<Criteria, Failure> {
    settings::criteria(name, Path::new(""))
}

pub fn criteria_list() -> Result<Status, Failure> {
    let mut text = String::new();
    for name in built_in_names() {
        let criteria = built_in(name).map_err(|e| Failure::Message(e.to_string()))?;
        let _ = writeln!(text, "{name}  {}", criteria.title);
    }
    output::print(&text)
}

pub fn criteria_show(name: &str) -> Result<Status, Failure> {
    let criteria = criteria(name)?;
    let mut text = format!("{}\n{}\nSource: {}\n", criteria.name, criteria.title, criteria.source);
    for rule in &criteria.rules {
        let gate = if rule.required { "required" } else { "advisory" };
        let _ = writeln!(
            text,
            "\n{} (criterion {}, {gate})\n  {}\n  {}",
            rule.id,
            rule.criterion,
            asks(&rule.kind),
            rule.source
        );
    }
    output::print(&text)
}

pub fn criteria_validate(files: &[PathBuf]) -> Result<Status, Failure> {
    let mut text = String::new();
    for file in files {
        let criteria = criteria(&file.to_string_lossy())?;
        let _ = writeln!(text, "{}: {} checks", file.display(), criteria.rules.len());
    }
    output::print(&text)
}

pub fn explain(check: &str, name: &str) -> Result<Status, Failure> {
    let criteria = criteria(name)?;
    let rule = criteria.rules.iter().find(|r| r.id == check).ok_or_else(|| {
        let ids: Vec<&str> = criteria.rules.iter().map(|r| r.id.as_str()).collect();
        Failure::Message(format!("{name} has no check `{check}`: it has {}", ids.join(", ")))
    })?;
    let basis = match rule.basis {
        Basis::Review => "the review itself",
        Basis::Derived => "a derivation from the review",
        Basis::Other => "another source",
    };
    let gate = if rule.required {
        "required: a design fails by it"
    } else {
        "advisory: it is reported, and gates under --strict"
    };
    output::print(&format!(
        "{} — {}\n\nAsks      {}\nGate      {gate}\nWhy       {}\nLimit by  {basis}\nSource    {}\nRemedy    {}\n",
        rule.id,
        rule.title,
        asks(&rule.kind),
        rule.help,
        rule.source,
        rule.advice.as_deref().unwrap_or("–"),
    ))
}

fn asks(kind: &RuleKind) -> String {
    match kind {
        RuleKind::Figure { measure, limit } => match (limit.min, limit.max) {
            (Some(a), Some(b)) => format!("{a} <= {measure} <= {b}"),
            (Some(a), None) => format!("{measure} >= {a}"),
            (None, Some(b)) => format!("{measure} <= {b}"),
            (None, None) => measure.clone(),
        },
        RuleKind::Process { measure } => format!("{measure} >= smallest strut of the process (--process)"),
        RuleKind::Declared(what) => {
            format!("declaration of {}", what.iter().map(|d| d.phrase()).collect::<Vec<_>>().join(" and "))
        }
    }
}
