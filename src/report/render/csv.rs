//! CSV, a row a design (RFC 4180): name, path, verdict, then every check's verdict and every figure with its
//! uncertainty. The columns are those of all designs together, so that rows of different designs line up.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::{Report, words};
use crate::units::Unit;

/// The report as CSV.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut checks: Vec<&str> = Vec::new();
    let mut figures: BTreeMap<&str, Unit> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for design in &report.designs {
        for check in design.checks.iter().filter(|c| seen.insert(c.id.as_str())) {
            checks.push(&check.id);
        }
        figures.extend(design.measurements.iter().map(|(id, m)| (id.as_str(), m.unit)));
    }
    let mut rows = csv::Writer::from_writer(Vec::new());
    let mut head: Vec<String> = ["name", "path", "criteria", "verdict", "error"].map(str::to_owned).to_vec();
    head.extend(checks.iter().map(|id| format!("check {id}")));
    for (id, unit) in &figures {
        head.push(format!("{id} [{}]", unit.symbol()));
        head.push(format!("{id} +/- [{}]", unit.symbol()));
    }
    let mut all = vec![head];
    for design in &report.designs {
        let mut row = vec![
            design.name.clone(),
            design.source.path.clone(),
            design.criteria.clone().unwrap_or_default(),
            design.verdict.map_or("", words::design_verdict).to_owned(),
            design.errors.iter().map(|e| e.message.clone()).collect::<Vec<_>>().join("; "),
        ];
        for id in &checks {
            let check = design.checks.iter().find(|c| c.id == *id);
            row.push(check.map_or("", |c| words::verdict(c.verdict)).to_owned());
        }
        for id in figures.keys() {
            let figure = design.measurements.get(*id);
            row.push(figure.map_or(String::new(), |m| m.value.to_string()));
            row.push(figure.map_or(String::new(), |m| m.uncertainty.to_string()));
        }
        all.push(row);
    }
    for row in all {
        // Writing into memory cannot fail, and all rows have the same length.
        let _ = rows.write_record(row);
    }
    String::from_utf8_lossy(&rows.into_inner().unwrap_or_default()).into_owned()
}
