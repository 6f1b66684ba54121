//! Two designs, a report and a design, or two reports: what changed, and what got worse.
//!
//! A difference counts where it exceeds the sum of both uncertainties and of what the voxels of a scan leave open. Where
//! both solids lie in one frame both are measured in the body of the old one, unless the envelope is given: specks of
//! noise would else widen that of a scan.
//!
//! Distributions are compared by their distribution functions F and G, straight within a class: Wasserstein-1 is the
//! integral of |F − G| over the sizes, Kolmogorov–Smirnov its maximum.

use std::collections::BTreeMap;
use std::path::Path;

use super::adjust::{WorkError, open};
use super::baseline::worse;
use super::difference::{How, difference};
use super::names::{names, showable};
use super::run::{Run, measure_design, one};
use crate::criteria::Verdict;
use crate::design::{Design, Envelope, EnvelopeChoice, Solid};
use crate::measure::measure_of;
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::report::{
    COMPARE_SCHEMA, CheckChange, CheckEntry, Comparison, DesignEntry, DistributionChange, DistributionEntry,
    FigureChange, MeasuredEntry, MeasurementEntry, PairEntry, Report, SideEntry, Tool, design_entry,
};
use crate::units::Unit;

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
        Some(d) if matches!(new.1.options.envelope, EnvelopeChoice::Auto) => {
            let back = -V3::from(d.shift_um);
            if let Some(envelope) = a.envelope.shifted(&back).filter(|e| covers(&b, e)) {
                b.envelope = envelope;
                notes.push("both were measured in the body of the old design".to_owned());
            }
        }
        Some(_) => {}
        None => notes.push(
            "the designs do not lie in one frame, so there is no missing or extra material: --align shifts the new one \
             onto the old one"
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
    pair.difference = found;
    pair.notes.extend(notes);
    Ok(pair)
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
    PairEntry {
        old: side(old, from_report[0]),
        new: side(new, from_report[1]),
        distributions: old
            .distributions
            .iter()
            .filter_map(|(id, a)| Some((id.clone(), distance(a, new.distributions.get(id)?)?)))
            .collect(),
        checks: old
            .checks
            .iter()
            .filter_map(|a| new.checks.iter().find(|b| b.id == a.id).map(|b| check(a, b, differs(b))))
            .collect(),
        measures,
        difference: None,
        notes,
    }
}

/// Voxels across which something in a scan has to be to count, and not to be noise.
const RESOLVED: f64 = 2.5;

/// What the voxels of a volume leave open of a figure beyond its uncertainty: of counts of voxels half a voxel times the
/// surface; of the body a voxel all round; of pieces those that are specks; of sizes that are not resolved the median.
fn left_open(design: &DesignEntry, id: &str) -> f64 {
    let (Some(spacing), true) = (design.source.spacing_um, design.source.voxels.is_some()) else { return 0.0 };
    let voxel = spacing.iter().copied().fold(0.0, f64::max);
    let value = |id: &str| design.measurements.get(id).map_or(0.0, |m| m.value);
    let share = 0.5 * voxel * 1e-3 * value("surface.per_total_volume");
    let family = id.split('.').next().unwrap_or("");
    match measure_of(id) {
        "porosity.total" | "porosity.open" => share,
        "volume.solid" => share * value("volume.total"),
        // Which pores and struts the faces of the body cut hangs on a part of a voxel.
        "pore_size.cut_fraction" => 1.0,
        "surface.cap_area" => design.envelope.as_ref().map_or(0.0, |e| {
            let [x, y, z] = e.size_um.map(|s| s * 1e-3);
            2.0 * (x * y + y * z + z * x)
        }),
        "volume.total" => design
            .envelope
            .as_ref()
            .map_or(0.0, |e| e.volume_mm3 * e.size_um.iter().map(|s| 2.0 * voxel / s).sum::<f64>()),
        "solid.components" | "solid.loose_fraction" => {
            let pieces = value("solid.components") - 1.0;
            let loose = value("solid.loose_fraction") * value("volume.solid") * 1e9;
            let specks = pieces > 0.0 && loose / pieces <= (RESOLVED * voxel).powi(3);
            if specks { if id == "solid.components" { pieces } else { value(id) } } else { 0.0 }
        }
        _ if matches!(family, "strut" | "pore_size")
            && !measure_of(id).ends_with(".sd")
            && value(id) < RESOLVED * voxel =>
        {
            let median = design.measurements.get(&format!("{family}.d50"));
            median
                .filter(|_| design.measurements.get(id).is_some_and(|m| m.unit == Unit::Micrometre))
                .map_or(0.0, |m| m.value)
        }
        _ => 0.0,
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

/// How far two distributions are apart; `None` where they are not of the same kind.
fn distance(a: &DistributionEntry, b: &DistributionEntry) -> Option<DistributionChange> {
    if a.unit != b.unit || a.edges.len() != a.fraction.len() + 1 || b.edges.len() != b.fraction.len() + 1 {
        return None;
    }
    let mut at: Vec<f64> = a.edges.iter().chain(&b.edges).copied().collect();
    at.sort_by(f64::total_cmp);
    at.dedup();
    let gaps: Vec<f64> = at.iter().map(|x| below(a, *x) - below(b, *x)).collect();
    let mut moved = 0.0;
    for (x, gap) in at.windows(2).zip(gaps.windows(2)) {
        let width = x[1] - x[0];
        // The area between two straight lines, that cross or not.
        moved += if gap[0] * gap[1] >= 0.0 {
            width * (gap[0].abs() + gap[1].abs()) / 2.0
        } else {
            width * (gap[0].powi(2) + gap[1].powi(2)) / (2.0 * (gap[0].abs() + gap[1].abs()))
        };
    }
    let width = |d: &DistributionEntry| d.edges.windows(2).map(|e| e[1] - e[0]).fold(0.0, f64::max);
    Some(DistributionChange {
        unit: a.unit,
        wasserstein_1: moved,
        kolmogorov_smirnov: gaps.iter().map(|g| g.abs()).fold(0.0, f64::max),
        resolution: (width(a) + width(b)) / 2.0,
    })
}

/// Share of a distribution below a size.
fn below(d: &DistributionEntry, x: f64) -> f64 {
    let mut sum = 0.0;
    for (edges, fraction) in d.edges.windows(2).zip(&d.fraction) {
        let part = ((x - edges[0]) / (edges[1] - edges[0])).clamp(0.0, 1.0);
        sum += fraction * part;
        if x <= edges[1] {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution(edges: &[f64], fraction: &[f64]) -> DistributionEntry {
        DistributionEntry { unit: Unit::Micrometre, edges: edges.to_vec(), fraction: fraction.to_vec() }
    }

    #[test]
    fn a_shifted_distribution_is_as_far_as_the_shift() {
        let edges: Vec<f64> = (0..=10).map(|i| 10.0 * f64::from(i)).collect();
        let mut low = vec![0.0; 10];
        let mut high = vec![0.0; 10];
        (low[1], low[2]) = (0.25, 0.75);
        (high[4], high[5]) = (0.25, 0.75);
        let d = distance(&distribution(&edges, &low), &distribution(&edges, &high)).unwrap();
        assert!((d.wasserstein_1 - 30.0).abs() < 1e-12, "{d:?}");
        assert!((d.kolmogorov_smirnov - 1.0).abs() < 1e-12);
        // The same distribution in classes of another width.
        let coarse = distribution(&[0.0, 20.0, 40.0], &[0.5, 0.5]);
        let fine = distribution(&[0.0, 10.0, 20.0, 30.0, 40.0], &[0.25; 4]);
        let d = distance(&coarse, &fine).unwrap();
        assert!(d.wasserstein_1 < 1e-12 && d.kolmogorov_smirnov < 1e-12);
        // Lines that cross: half of a class up, half down.
        let (a, b) = (distribution(&[0.0, 1.0, 2.0], &[1.0, 0.0]), distribution(&[0.0, 1.0, 2.0], &[0.5, 0.5]));
        let d = distance(&a, &b).unwrap();
        assert!((d.wasserstein_1 - 0.5).abs() < 1e-12, "{d:?}");
    }
}
