//! JUnit XML: a suite a design, a case a check. A check that does not pass is a failure, an advisory one or one that
//! waits for a declaration is skipped (a failure under `--strict`), a design that could not be measured is an error.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use crate::criteria::{DesignVerdict, Verdict};
use crate::report::{CheckEntry, DesignEntry, Report, words};

/// The report as JUnit XML.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut junit = Junit::new("poregauge");
    for design in &report.designs {
        junit.add_test_suite(suite(design));
    }
    // Into memory, and what XML does not allow is left out on the way.
    let mut text = junit.to_string().unwrap_or_else(|e| unreachable!("a report is plain text: {e}"));
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn suite(design: &DesignEntry) -> TestSuite {
    let mut suite = TestSuite::new(design.name.as_str());
    suite.add_property(("path", design.source.path.as_str()));
    if design.verdict == Some(DesignVerdict::Error) || !design.errors.is_empty() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let message = design.errors.iter().map(|e| e.message.clone()).collect::<Vec<_>>().join("; ");
        status.set_message(message);
        status.set_type(design.errors.first().map_or("error", |e| e.kind.as_str()));
        suite.add_test_case(case("measured", design, status));
    } else if design.checks.is_empty() {
        suite.add_test_case(case("measured", design, TestCaseStatus::success()));
    }
    for check in &design.checks {
        let mut case = case(&check.id, design, status(check));
        if let Some(region) = &check.region {
            case.add_property(("region", region.name.as_str()));
        }
        suite.add_test_case(case);
    }
    suite
}

fn case(id: &str, design: &DesignEntry, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(id, status);
    case.set_classname(design.name.as_str());
    case
}

fn status(check: &CheckEntry) -> TestCaseStatus {
    let text = words::sentence(check);
    if check.gates {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(text);
        status.set_type(words::verdict(check.verdict));
        return status;
    }
    match check.verdict {
        Verdict::Pass | Verdict::Declared => TestCaseStatus::success(),
        Verdict::Fail | Verdict::Inconclusive | Verdict::NotAssessed => {
            let mut status = TestCaseStatus::skipped();
            let why = if check.baseline.is_some() && check.verdict != Verdict::NotAssessed {
                "known from the baseline: "
            } else if !check.required {
                "advisory: "
            } else {
                ""
            };
            status.set_message(format!("{why}{text}"));
            status
        }
    }
}
