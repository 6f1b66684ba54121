//! SARIF 2.1.0, for code scanning: a rule a check, a result for every check that does not pass and every design that
//! could not be measured.
//!
//! Format: OASIS, Static Analysis Results Interchange Format 2.1.0,
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::criteria::{DesignVerdict, Verdict};
use crate::design::Severity;
use crate::report::{CheckEntry, DesignEntry, Report, words};

/// The report as SARIF; `locate` makes a path relative to the repository.
#[must_use]
pub fn render(report: &Report, locate: &dyn Fn(&str) -> String) -> String {
    let mut rules: BTreeMap<String, Value> = BTreeMap::new();
    let mut results = Vec::new();
    for design in &report.designs {
        let location = |at: Option<[f64; 3]>| {
            let mut location = json!({
                "physicalLocation": {
                    "artifactLocation": { "uri": uri(&locate(&design.source.path)) },
                    "region": { "startLine": 1 }
                }
            });
            if let Some(at) = at {
                location["message"] = json!({ "text": words::place(at) });
                location["properties"] = json!({ "at_um": at });
            }
            location
        };
        for error in &design.errors {
            rules
                .entry(error.kind.clone())
                .or_insert_with(|| rule(&error.kind, "The design could not be measured.", ""));
            let text = format!("{}: {}", design.name, error.message);
            results.push(result(&error.kind, "error", &text, &location(None), design, None));
        }
        for check in &design.checks {
            rules.entry(check.id.clone()).or_insert_with(|| {
                rule(&check.id, &format!("{}: {}", words::title(check), check.requirement), &check.source)
            });
            let level = match check.verdict {
                Verdict::Fail | Verdict::NotAssessed if check.gates => "error",
                Verdict::Fail | Verdict::Inconclusive => "warning",
                Verdict::Pass | Verdict::Declared | Verdict::NotAssessed => continue,
            };
            let text = format!("{}: {}", design.name, words::sentence(check));
            results.push(result(&check.id, level, &text, &location(check.at_um), design, Some(check)));
        }
        for finding in design.findings.iter().filter(|f| f.severity > Severity::Info) {
            rules.entry(finding.kind.clone()).or_insert_with(|| rule(&finding.kind, "Noticed while measuring.", ""));
            let text = format!("{}: {}", design.name, finding.message);
            results.push(result(&finding.kind, "note", &text, &location(finding.at_um), design, None));
        }
    }
    let failed = report.designs.iter().any(|d| d.verdict == Some(DesignVerdict::Error));
    let sarif = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": report.tool.name,
                "semanticVersion": report.tool.version,
                "rules": rules.into_values().collect::<Vec<_>>()
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": !failed }],
            "results": results
        }]
    });
    super::pretty(&sarif)
}

fn rule(id: &str, text: &str, source: &str) -> Value {
    let mut rule = json!({ "id": id, "shortDescription": { "text": text } });
    if !source.is_empty() {
        rule["help"] = json!({ "text": format!("{source}\n\nSee `poregauge explain {id}`.") });
    }
    rule
}

fn result(
    id: &str,
    level: &str,
    text: &str,
    location: &Value,
    design: &DesignEntry,
    check: Option<&CheckEntry>,
) -> Value {
    let mut result = json!({
        "ruleId": id,
        "level": level,
        "kind": "fail",
        "message": { "text": text },
        "locations": [location],
        "partialFingerprints": { "design/check/v1": format!("{}/{id}", design.name) }
    });
    if let Some(region) = check.and_then(|c| c.region.as_ref()) {
        result["properties"] = json!({ "region": region });
    }
    if let Some(baseline) = check.and_then(|c| c.baseline.as_ref()) {
        result["baselineState"] = json!(if baseline.worse { "new" } else { "unchanged" });
    }
    result
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
