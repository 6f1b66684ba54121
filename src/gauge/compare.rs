//! Two designs, a report and a design, or two reports: what changed, and what got worse.
//!
//! A difference counts where it exceeds the sum of both uncertainties and of what the voxels of a scan leave open. Where
//! both solids lie in one frame both are measured in the body of the old one, unless the envelope is given: specks of
//! noise would else widen that of a scan. A design that was turned onto the old one is measured as it then lies, so that
//! axes mean the same in both.

use std::collections::BTreeMap;
use std::path::Path;

use super::adjust::{WorkError, open};
use super::baseline::worse;
use super::difference::{How, difference, turn_between};
use super::distributions::{apart, distance, is_profile};
use super::left_open::left_open;
use super::motion::{Motion, moved};
use super::names::{names, showable};
use super::run::{Run, measure_design, one};
use crate::criteria::Verdict;
use crate::design::{Design, Envelope, EnvelopeChoice, Solid, StudyError};
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::report::{
    COMPARE_SCHEMA, CheckChange, CheckEntry, Comparison, DesignEntry, FigureChange, MeasuredEntry, MeasurementEntry,
    PairEntry, Report, SideEntry, Tool, design_entry,
};

/// What is compared.
#[derive(Clone, Debug)]
pub enum Side<'a> {
    /// A design in a file.
    File(&'a Path, &'a Run),
    /// The designs of a report.
    Report(Report),
}

/// Compares. The designs of two reports go together by name; a design goes with the one of its name in a report, or with
/// its only one.
///
/// # Errors
/// When a report has no design to compare with, or the run was cancelled. Designs that cannot be measured are named in
/// the comparison.
pub fn compare(old: Side<'_>, new: Side<'_>, how: How, exec: &Exec) -> Result<Comparison, WorkError> {
    let mut comparison = Comparison {
        schema: COMPARE_SCHEMA.to_owned(),
        tool: Tool::this(),
        pairs: Vec::new(),
        only_old: Vec::new(),
        only_new: Vec::new(),
    };
    match (old, new) {
        (Side::File(old, run), Side::File(new, other)) => {
            comparison.pairs.push(designs((old, run), (new, other), how, exec)?);
        }
        (Side::Report(old), Side::File(new, run)) => {
            let b = measured(new, run, exec)?;
            let a = partner(&old, &b.name)?;
            comparison.pairs.push(without_solids(pair(a, &b, [true, false])));
        }
        (Side::File(old, run), Side::Report(new)) => {
            let a = measured(old, run, exec)?;
            let b = partner(&new, &a.name)?;
            comparison.pairs.push(without_solids(pair(&a, b, [false, true])));
        }
        (Side::Report(old), Side::Report(new)) => {
            let only = |these: &Report, others: &Report| {
                let known = |name: &str| others.designs.iter().any(|d| d.name == name);
                these.designs.iter().filter(|d| !known(&d.name)).map(|d| d.name.clone()).collect::<Vec<_>>()
            };
            (comparison.only_old, comparison.only_new) = (only(&old, &new), only(&new, &old));
            for a in &old.designs {
                if let Some(b) = new.designs.iter().find(|d| d.name == a.name) {
                    comparison.pairs.push(without_solids(pair(a, b, [true, true])));
                }
            }
            if let ([a], [b], true) = (&old.designs[..], &new.designs[..], comparison.pairs.is_empty()) {
                comparison.pairs.push(without_solids(pair(a, b, [true, true])));
                (comparison.only_old, comparison.only_new) = (Vec::new(), Vec::new());
            }
            if comparison.pairs.is_empty() {
                return Err(WorkError::Message("the two reports have no design of the same name".to_owned()));
            }
        }
    }
    Ok(comparison)
}

fn measured(file: &Path, run: &Run, exec: &Exec) -> Result<DesignEntry, WorkError> {
    let name = names(&[file.to_owned()]).pop().unwrap_or_default();
    Ok(one(file, name, showable(file), run, exec)?)
}

/// The design of a report that goes with one of this name.
fn partner<'a>(report: &'a Report, name: &str) -> Result<&'a DesignEntry, WorkError> {
    match &report.designs[..] {
        [only] => Ok(only),
        all => all.iter().find(|d| d.name == name).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|d| d.name.as_str()).collect();
            WorkError::Message(format!("the report has no design `{name}`: it has {}", known.join(", ")))
        }),
    }
}

fn without_solids(mut pair: PairEntry) -> PairEntry {
    pair.notes.push("a report holds no solid: missing and extra material need two design files".to_owned());
    pair
}

/// Compares two files: their solids, then their figures, where it can be in the same body.
fn designs(old: (&Path, &Run), new: (&Path, &Run), how: How, exec: &Exec) -> Result<PairEntry, WorkError> {
    let (a, mut b) = match (open(old.0, old.1, exec), open(new.0, new.1, exec)) {
        (Err(WorkError::Cancelled(c)), _) | (_, Err(WorkError::Cancelled(c))) => return Err(c.into()),
        (Ok(a), Ok(b)) => (a, b),
        _ => {
            let entry = |side: (&Path, &Run)| {
                let only = Run { criteria: None, measures: Vec::new(), ..side.1.clone() };
                measured(side.0, &only, exec)
            };
            return Ok(pair(&entry(old)?, &entry(new)?, [false, false]));
        }
    };
    let found = difference(&a, &b, how, &old.1.limits, exec)?;
    let mut notes = Vec::new();
    match &found {
        Some(found) if matches!(new.1.options.envelope, EnvelopeChoice::Auto) => {
            let note;
            (b, note) = in_the_body_of(&a, b, &found.motion, &new.1.limits, exec)?;
            notes.push(note.to_owned());
        }
        Some(_) => {}
        None if !how.align && turn_between(&a, &b).is_some_and(|turn| turn.determinant() < 0.0) => notes.push(
            "the axes of the new design mirror those of the old one, as their files say, so there is no missing or extra \
             material: save both along the same axes"
                .to_owned(),
        ),
        None => notes.push(
            "the designs do not lie in one frame, so there is no missing or extra material: --align lays the new one onto \
             the old one"
                .to_owned(),
        ),
    }
    let entry = |design: &Design, (file, run): (&Path, &Run)| -> Result<DesignEntry, WorkError> {
        let name = names(&[file.to_owned()]).pop().unwrap_or_default();
        let (measured, checks) = measure_design(design, run, exec)?;
        let judged = run.criteria.as_ref().map(|criteria| (criteria, run.strict, checks));
        Ok(design_entry(name, showable(file), design, measured, judged))
    };
    let mut pair = pair(&entry(&a, old)?, &entry(&b, new)?, [false, false]);
    if let Some(found) = found {
        (pair.difference, pair.views) = (Some(found.entry), found.views);
    }
    pair.notes.extend(notes);
    Ok(pair)
}

/// What to say where the new design could not be measured in the body of the old one.
const APART: &str =
    "each design was measured in its own body: the new one does not hold all of the body of the old one";

/// The new design in the body of the old one, and what to say of it; as it was where it does not hold all of that body.
fn in_the_body_of(
    old: &Design,
    new: Design,
    motion: &Motion,
    limits: &Limits,
    exec: &Exec,
) -> Result<(Design, &'static str), StudyError> {
    if !motion.turns() {
        return Ok(match old.envelope.shifted(&-motion.shift).filter(|e| covers(&new, e)) {
            Some(envelope) => (Design { envelope, ..new }, "both were measured in the body of the old design"),
            None => (new, APART),
        });
    }
    let note = match new.solid {
        Solid::Mesh(_) => "the new design was measured as it was turned, in the body of the old one",
        Solid::Volume { .. } => {
            "the new design was measured as it was turned, on voxels interpolated in the body of the old one, which \
             smooths its noise a little"
        }
    };
    Ok(match moved(&new, motion, &old.envelope, limits, exec)? {
        Some(laid) => (laid, note),
        None => (new, APART),
    })
}

/// Whether the grid of a volume holds all of a body, but for a voxel.
fn covers(design: &Design, envelope: &Envelope) -> bool {
    let Solid::Volume { frame, .. } = &design.solid else { return true };
    let (low, high) = frame.bounds();
    let body = &envelope.body;
    (0..3).all(|a| low[a] <= body.low[a] + frame.spacing[a] && body.high[a] - frame.spacing[a] <= high[a])
}

fn side(design: &DesignEntry, from_report: bool) -> SideEntry {
    SideEntry {
        name: design.name.clone(),
        path: design.source.path.clone(),
        from_report,
        verdict: design.verdict,
        errors: design.errors.clone(),
    }
}

/// All but the difference of the solids.
fn pair(old: &DesignEntry, new: &DesignEntry, from_report: [bool; 2]) -> PairEntry {
    let mut notes = Vec::new();
    let kind = |d: &DesignEntry| d.envelope.as_ref().map(|e| e.kind.clone());
    if let (Some(a), Some(b)) = (kind(old), kind(new))
        && a != b
    {
        notes.push(format!(
            "the old design was measured in its {a}, the new one in its {b}: say --envelope for both if that is not meant"
        ));
    }
    if let (Some(a), Some(b)) = (&old.criteria, &new.criteria)
        && a != b
    {
        notes.push(format!("the old design was judged by `{a}`, the new one by `{b}`"));
    }
    let measures = figures(old, new);
    let differs = |c: &CheckEntry| c.figure().and_then(|m| measures.get(&m)).is_none_or(|f| f.different);
    let common = || old.distributions.iter().filter_map(|(id, a)| Some((id, a, new.distributions.get(id)?)));
    PairEntry {
        old: side(old, from_report[0]),
        new: side(new, from_report[1]),
        distributions: common()
            .filter(|c| !is_profile(c.0))
            .filter_map(|(id, a, b)| Some((id.clone(), distance(a, b)?)))
            .collect(),
        profiles: common()
            .filter(|c| is_profile(c.0))
            .filter_map(|(id, a, b)| Some((id.clone(), apart(a, b)?)))
            .collect(),
        checks: old
            .checks
            .iter()
            .filter_map(|a| new.checks.iter().find(|b| b.id == a.id).map(|b| check(a, b, differs(b))))
            .collect(),
        measures,
        difference: None,
        notes,
        views: Vec::new(),
    }
}

fn figures(old: &DesignEntry, new: &DesignEntry) -> BTreeMap<String, FigureChange> {
    let entry = |m: &MeasurementEntry| MeasuredEntry {
        value: m.value,
        unit: m.unit,
        uncertainty: m.uncertainty,
        range: m.range,
    };
    let mut all = BTreeMap::new();
    for id in old.measurements.keys().chain(new.measurements.keys()) {
        let (a, b) = (old.measurements.get(id), new.measurements.get(id));
        let Some(unit) = a.or(b).map(|m| m.unit) else { continue };
        let difference = a.zip(b).map(|(a, b)| b.value - a.value + 0.0);
        let uncertainty = |m: Option<&MeasurementEntry>| m.map_or(0.0, |m| m.uncertainty);
        let joint = uncertainty(a) + uncertainty(b) + left_open(old, id) + left_open(new, id);
        let size = a.map_or(0.0, |m| m.value.abs()).max(b.map_or(0.0, |m| m.value.abs()));
        all.insert(
            id.clone(),
            FigureChange {
                unit,
                old: a.map(entry),
                new: b.map(entry),
                difference,
                joint_uncertainty: joint,
                different: difference.is_none_or(|d| d.abs() > joint + 1e-9 * size),
            },
        );
    }
    all
}

/// A check before and after; `differs` says whether its figure does. One that is merely less certain got no worse.
fn check(old: &CheckEntry, new: &CheckEntry, differs: bool) -> CheckChange {
    let counts = |from: &CheckEntry, to: &CheckEntry| worse(from, to) && (differs || to.verdict == Verdict::Fail);
    CheckChange {
        id: new.id.clone(),
        title: new.title.clone(),
        required: new.required,
        old: old.verdict,
        new: new.verdict,
        old_margin: old.margin,
        new_margin: new.margin,
        worse: counts(old, new),
        better: counts(new, old),
    }
}
