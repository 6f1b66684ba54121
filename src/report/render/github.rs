//! Annotations of a GitHub workflow: one line of standard output each, which the runner shows beside the file.

use std::fmt::Write as _;

use crate::criteria::{DesignVerdict, Verdict};
use crate::report::{Report, words};

/// The report as workflow commands; `locate` makes a path relative to the repository.
#[must_use]
pub fn render(report: &Report, locate: &dyn Fn(&str) -> String) -> String {
    let mut out = String::new();
    for design in &report.designs {
        let file = property(&locate(&design.source.path));
        let mut say = |level: &str, title: &str, text: &str| {
            let title = property(&format!("{}: {title}", design.name));
            let _ = writeln!(out, "::{level} file={file},title={title}::{}", data(text));
        };
        for error in &design.errors {
            say("error", &error.kind, &error.message);
        }
        for check in &design.checks {
            let level = match check.verdict {
                Verdict::Fail | Verdict::NotAssessed if check.gates => "error",
                Verdict::Fail | Verdict::Inconclusive => "warning",
                Verdict::Pass | Verdict::Declared | Verdict::NotAssessed => continue,
            };
            say(level, &words::title(check), &words::sentence(check));
        }
        match design.verdict {
            Some(DesignVerdict::Pass) => say("notice", "pass", &words::conclusion(design)),
            Some(DesignVerdict::Fail | DesignVerdict::Inconclusive | DesignVerdict::Error) => {}
            None if design.errors.is_empty() => {
                say("notice", "measured", &format!("{} figures", design.measurements.len()));
            }
            None => {}
        }
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
