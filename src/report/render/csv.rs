//! CSV, a row a design (RFC 4180): name, path, verdict, then every check's verdict and every figure with its
//! uncertainty. The columns are those of all designs together, so that rows of different designs line up. Of a course over
//! time, a row for each day of each design.

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
    let rows = csv::Writer::from_writer(Vec::new());
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
    written(rows, all)
}

/// The courses over time as CSV; a design that could not be measured has a row with its error.
#[must_use]
pub fn courses(report: &Report) -> String {
    let names = ["mass [1]", "stiffness [1]", "tissue fill [1]", "scaffold [MPa]", "tissue [MPa]", "together [MPa]"];
    let mut head: Vec<String> = ["name", "path", "error", "day"].map(str::to_owned).to_vec();
    for name in names {
        let (what, unit) = name.split_once(" [").unwrap_or((name, ""));
        head.extend([name.to_owned(), format!("{what} low [{unit}"), format!("{what} high [{unit}")]);
    }
    head.push("front [um]".to_owned());
    for (what, unit) in [("porosity", "1"), ("surface per total volume", "1/mm"), ("pore size", "um")] {
        head.extend(["", " low", " high"].map(|end| format!("{what}{end} [{unit}]")));
    }
    let columns = head.len();
    let mut all = vec![head];
    for design in &report.designs {
        let error = design.errors.iter().map(|e| e.message.clone()).collect::<Vec<_>>().join("; ");
        let begin = vec![design.name.clone(), design.source.path.clone(), error];
        let Some(t) = &design.timeline else {
            let mut row = begin;
            row.resize(columns, String::new());
            all.push(row);
            continue;
        };
        let bands = [
            [&t.mass, &t.mass_low, &t.mass_high],
            [&t.stiffness, &t.stiffness_low, &t.stiffness_high],
            [&t.fill, &t.fill_low, &t.fill_high],
            [&t.scaffold, &t.scaffold_low, &t.scaffold_high],
            [&t.tissue, &t.tissue_low, &t.tissue_high],
            [&t.combined, &t.combined_low, &t.combined_high],
        ];
        for (k, day) in t.days.iter().enumerate() {
            let mut row = begin.clone();
            row.push(day.to_string());
            let at = |values: &Vec<f64>| values.get(k).map_or(String::new(), f64::to_string);
            row.extend(bands.as_flattened().iter().map(|values| at(values)));
            row.push(t.front_um.as_ref().map_or(String::new(), at));
            row.extend([&t.porosity, &t.porosity_low, &t.porosity_high].map(at));
            row.extend(
                [&t.surface_per_total_volume, &t.surface_per_total_volume_low, &t.surface_per_total_volume_high]
                    .map(at),
            );
            let size = |values: &Vec<Option<f64>>| {
                values.get(k).copied().flatten().map_or(String::new(), |size| size.to_string())
            };
            row.extend([&t.pore_size_um, &t.pore_size_um_low, &t.pore_size_um_high].map(size));
            all.push(row);
        }
    }
    written(csv::Writer::from_writer(Vec::new()), all)
}

fn written(mut rows: csv::Writer<Vec<u8>>, all: Vec<Vec<String>>) -> String {
    for row in all {
        // Into memory, and all rows have the same length.
        rows.write_record(row).unwrap_or_else(|e| unreachable!("rows are of one length: {e}"));
    }
    let bytes = rows.into_inner().unwrap_or_else(|e| unreachable!("memory takes all: {e}"));
    String::from_utf8_lossy(&bytes).into_owned()
}
