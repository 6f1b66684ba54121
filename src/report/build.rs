//! From measurements and checks to an entry of the report.

use std::collections::BTreeMap;

use super::advice::tuning_entry;
use super::{
    AlternativeEntry, CheckEntry, DesignEntry, DistributionEntry, EnvelopeEntry, ErrorEntry, EventEntry, FindingEntry,
    GridEntry, MeasuredEntry, MeasurementEntry, RegionEntry, SourceEntry, TimelineEntry, verdict_of,
};
use crate::advice::Tuning;
use crate::criteria::{Check, Criteria, DesignVerdict};
use crate::design::{CutPores, Design, Finding, Solid};
use crate::fate::timeline::Timeline;
use crate::measure::{Details, Distribution, Mark, Measurement, Zone};
use crate::picture::Block;

/// A design that was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The figures.
    pub measurements: BTreeMap<String, Measurement>,
    /// The distributions.
    pub distributions: BTreeMap<String, Distribution>,
    /// Curves, places and tensors.
    pub details: Details,
    /// What was found while measuring.
    pub findings: Vec<Finding>,
    /// What pictures are drawn from, where they are wanted.
    pub picture: Option<Block>,
    /// Size and spacing of the finest grid.
    pub size: [usize; 3],
    /// Spacing of the finest grid, in µm.
    pub spacing: [f64; 3],
    /// Coarsest spacings of all grids, from the first to the last.
    pub levels: Vec<f64>,
    /// What became of cut pores.
    pub cut: CutPores,
    /// Scaffold and tissue over time, where it was asked for.
    pub timeline: Option<Timeline>,
    /// What would make the material match, where it was asked for.
    pub tuning: Option<Tuning>,
}

/// The entry of a design that was measured, and judged when there are criteria: these, whether strictly, and the checks.
#[must_use]
pub fn design_entry(
    name: String,
    path: String,
    design: &Design,
    measured: Measured,
    judged: Option<(&Criteria, bool, Vec<Check>)>,
) -> DesignEntry {
    let source = &design.source;
    let body = &design.envelope.body;
    let extent = body.high - body.low;
    let (criteria, checks): (_, Vec<CheckEntry>) = match judged {
        Some((criteria, strict, checks)) => {
            (Some(criteria.name.clone()), checks.into_iter().map(|c| check(c, strict)).collect())
        }
        None => (None, Vec::new()),
    };
    let region_of = |id: &str| checks.iter().find(|c| c.region.is_some() && c.figure().as_deref() == Some(id));
    let measurements = measured
        .measurements
        .into_iter()
        .map(|(id, m)| {
            let region = region_of(&id).and_then(|c| c.region.clone());
            (id, MeasurementEntry { region, ..measurement(m) })
        })
        .collect();
    DesignEntry {
        name,
        verdict: criteria.is_some().then(|| verdict_of(&checks)),
        criteria,
        source: SourceEntry {
            path,
            format: Some(source.format.id().to_owned()),
            unit: Some(source.unit.symbol().to_owned()),
            unit_assumed: Some(source.unit_assumed),
            sha256: Some(source.sha256.clone()),
            triangles: source.triangles,
            watertight: match &design.solid {
                Solid::Mesh(mesh) => Some(mesh.closed()),
                Solid::Volume { .. } => None,
            },
            voxels: source.voxels,
            spacing_um: source.spacing_um,
            threshold: source.threshold.clone(),
        },
        envelope: Some(EnvelopeEntry {
            kind: body.kind.id().to_owned(),
            chosen: if design.envelope.reason.starts_with("auto") { "auto" } else { "given" }.to_owned(),
            reason: design.envelope.reason.clone(),
            volume_mm3: body.volume * 1e-9,
            size_um: [extent.x, extent.y, extent.z],
        }),
        grid: Some(GridEntry {
            size: measured.size,
            spacing_um: measured.spacing,
            levels_um: measured.levels,
            cut_pores: measured.cut.id().to_owned(),
        }),
        settings: BTreeMap::new(),
        measurements,
        distributions: measured
            .distributions
            .into_iter()
            .map(|(id, d)| (id, DistributionEntry { unit: d.unit, edges: d.edges, fraction: d.fraction }))
            .collect(),
        details: measured.details,
        checks,
        findings: design.findings.iter().chain(&measured.findings).map(finding_entry).collect(),
        advice: None,
        timeline: measured.timeline.map(|t| over_time(t, measured.tuning.as_ref())),
        picture: measured.picture,
        errors: Vec::new(),
    }
}

/// The entry of a design that could not be measured.
#[must_use]
pub fn error_entry(name: String, path: String, kind: &str, message: String, at: Option<String>) -> DesignEntry {
    DesignEntry {
        name,
        criteria: None,
        verdict: Some(DesignVerdict::Error),
        source: SourceEntry { path, ..SourceEntry::default() },
        envelope: None,
        grid: None,
        settings: BTreeMap::new(),
        measurements: BTreeMap::new(),
        distributions: BTreeMap::new(),
        details: Details::default(),
        checks: Vec::new(),
        findings: Vec::new(),
        advice: None,
        timeline: None,
        picture: None,
        errors: vec![ErrorEntry { kind: kind.to_owned(), message, at }],
    }
}

fn over_time(t: Timeline, tuning: Option<&Tuning>) -> TimelineEntry {
    let geometry = t.geometry.unwrap_or_default();
    // A size that is not a number is one of nothing.
    let sizes = |values: Vec<f64>| values.into_iter().map(|v| (!v.is_nan()).then_some(v)).collect();
    TimelineEntry {
        days: t.days,
        mass: t.mass.typical,
        mass_low: t.mass.low,
        mass_high: t.mass.high,
        stiffness: t.stiffness.typical,
        stiffness_low: t.stiffness.low,
        stiffness_high: t.stiffness.high,
        fill: t.fill.typical,
        fill_low: t.fill.low,
        fill_high: t.fill.high,
        combined: t.combined.typical,
        combined_low: t.combined.low,
        combined_high: t.combined.high,
        scaffold: t.scaffold.typical,
        scaffold_low: t.scaffold.low,
        scaffold_high: t.scaffold.high,
        tissue: t.tissue.typical,
        tissue_low: t.tissue.low,
        tissue_high: t.tissue.high,
        front_um: t.front,
        porosity: geometry.porosity.typical,
        porosity_low: geometry.porosity.low,
        porosity_high: geometry.porosity.high,
        surface_per_total_volume: geometry.surface.typical,
        surface_per_total_volume_low: geometry.surface.low,
        surface_per_total_volume_high: geometry.surface.high,
        pore_size_um: sizes(geometry.pore_size.typical),
        pore_size_um_low: sizes(geometry.pore_size.low),
        pore_size_um_high: sizes(geometry.pore_size.high),
        events: t
            .events
            .into_iter()
            .map(|e| EventEntry { day: e.day, kind: e.kind.to_owned(), text: e.text, at_um: e.at_um })
            .collect(),
        tuning: tuning.map(tuning_entry),
        strip: t.strip,
    }
}

fn measurement(m: Measurement) -> MeasurementEntry {
    MeasurementEntry {
        value: m.value,
        unit: m.unit,
        uncertainty: m.uncertainty,
        method: m.method,
        at_um: m.at_um,
        region: None,
        range: m.range.map(|(low, high)| [low, high]),
        alternatives: m
            .alternatives
            .into_iter()
            .map(|a| AlternativeEntry { reading: a.reading.to_owned(), value: a.value })
            .collect(),
    }
}

fn check(c: Check, strict: bool) -> CheckEntry {
    CheckEntry {
        gates: c.gates(strict),
        measure: c.rule.measure().map(str::to_owned),
        region: c.rule.region.as_ref().map(region),
        tolerance: Some(c.rule.tolerance).filter(|t| *t > 0.0),
        id: c.rule.id,
        title: c.rule.title,
        criterion: c.rule.criterion,
        requirement: c.requirement,
        min: c.limit.and_then(|l| l.min),
        max: c.limit.and_then(|l| l.max),
        verdict: c.verdict,
        at_um: c.measured.as_ref().and_then(|m| m.at_um),
        measured: c.measured.map(|m| MeasuredEntry {
            value: m.value,
            unit: m.unit,
            uncertainty: m.uncertainty,
            range: m.range.map(|(low, high)| [low, high]),
        }),
        margin: c.margin.filter(|m| m.is_finite()),
        required: c.rule.required,
        basis: c.rule.basis,
        source: c.rule.source,
        reason: c.reason,
        advice: c.advice,
        library: c.library,
        baseline: None,
    }
}

fn region(zone: &Zone) -> RegionEntry {
    let axes = ["x", "y", "z"];
    let (kind, axis, ends) = match zone {
        Zone::Axial { axis, from, to } => ("axial", Some(*axis), Some((*from, *to))),
        Zone::Radial { axis, from, to } => ("radial", *axis, Some((*from, *to))),
        Zone::Mask { .. } => ("mask", None, None),
    };
    let (file, stencil) = match zone {
        Zone::Mask { file, stencil } => (Some(file.clone()), stencil.as_ref()),
        _ => (None, None),
    };
    let part = |mark: Mark| if let Mark::Part(part) = mark { Some(part) } else { None };
    let length = |mark: Mark| if let Mark::At(length) = mark { Some(length.um()) } else { None };
    RegionEntry {
        id: zone.id(),
        name: zone.name(),
        kind: kind.to_owned(),
        axis: axis.map(|a| axes[a].to_owned()),
        from: ends.and_then(|e| part(e.0)),
        to: ends.and_then(|e| part(e.1)),
        from_um: ends.and_then(|e| length(e.0)),
        to_um: ends.and_then(|e| length(e.1)),
        file,
        sha256: stencil.map(|s| s.sha256.clone()),
    }
}

/// The entry of a finding.
#[must_use]
pub fn finding_entry(f: &Finding) -> FindingEntry {
    FindingEntry { kind: f.kind.to_owned(), severity: f.severity, message: f.message.clone(), at_um: f.at_um }
}
