//! How the figures of a design answer to a change: measured on a few offsets, and derived for all scales.
//!
//! Scaling needs no measurement: lengths grow by the factor, shares of a range of sizes are those of the range divided by
//! it. Offsets are measured: the solid at each of a few offsets is looked at on a coarse grid, and what changes from the
//! first look on the unchanged solid is added to the figures of the design, so that what the coarse grid costs cancels.
//! Between the offsets figures are interpolated; shares, which step where a size meets a limit, are shifted first so that
//! the median pores meet. The volume of the solid is the distribution function of the signed distance, at every offset.
//!
//! Room in a build volume follows from the size of the solid, which grows by twice an offset outward; inward it counts as
//! it was, for struts that end in the faces of the body are cut, not shortened.
//!
//! Struts are not looked at: the ball that fits into a strut loses in diameter exactly twice what every surface loses.
//!
//! The uncertainty of a prediction is that of the figure, a tenth of the predicted change (a twentieth for porosity,
//! struts and shares), and for what was looked at coarsely three tenths of a cell on sizes of the void (all of a cell on a
//! way that was shut), a fiftieth of a surface, and a hundredth of the solid's share of the volume.

use std::collections::BTreeMap;

use super::advise::Question;
use super::change::{border_of, dressed, keeps_envelope};
use super::lattice::Lattice;
use crate::design::{CutPores, Design, Resolution, Solid, Study, StudyError};
use crate::limits::Limits;
use crate::measure::{After, Figure, Measurement, Needs, room, survey};
use crate::mesh::V3;
use crate::mesh::solid::SolidMesh;
use crate::parallel::{Cancelled, Exec};
use crate::units::Unit;

/// Scales that are considered.
pub(super) const SCALES: (f64, f64) = (0.1, 10.0);

/// Offsets at which the volume of the solid is tabulated.
const VOLUMES: usize = 48;

/// The families of measures that follow from geometry alone, by offset and scale.
pub(super) fn is_geometry(measure: &str) -> bool {
    let family = measure.split('.').next().unwrap_or("");
    ["porosity", "volume", "pore_size", "strut", "surface", "interconnectivity", "solid", "fit"].contains(&family)
}

/// Size of the box round the solid of a mesh.
fn bounds_of(design: &Design) -> V3 {
    match &design.solid {
        Solid::Mesh(solid) => solid.mesh.bounds().map_or_else(V3::zeros, |(low, high)| high - low),
        Solid::Volume { .. } => design.envelope.body.high - design.envelope.body.low,
    }
}

/// A look at a solid on a coarse grid.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    offset: f64,
    /// The figures by id.
    figures: BTreeMap<String, (f64, Unit)>,
    /// Figures that hang on a length, by id: their values at rising logarithms of the scale.
    by_scale: BTreeMap<String, Vec<(f64, f64)>>,
}

impl Look {
    fn value(&self, id: &str) -> Option<f64> {
        self.figures.get(id).map(|f| f.0)
    }

    fn at_scale(&self, id: &str, scale: f64) -> Option<f64> {
        let curve = self.by_scale.get(id)?;
        let x = scale.ln();
        let k = curve.partition_point(|p| p.0 < x);
        let (first, last) = (curve.first()?, curve.last()?);
        if k == 0 {
            return Some(first.1);
        }
        if k == curve.len() {
            return Some(last.1);
        }
        let (a, b) = (curve[k - 1], curve[k]);
        Some(a.1 + (b.1 - a.1) * (x - a.0) / (b.0 - a.0).max(f64::MIN_POSITIVE))
    }
}

/// The greatest uncertainty of a strut in a prediction, in parts of it.
const STRUT_DOUBT: f64 = 0.05;

/// By how much pores grow with an offset inward, about: 2 in slots and holes, 2 √2 between bars.
const GROWTH: f64 = 2.4;

/// What a coarse look leaves open of a surface, in parts of it, and of sizes of the void, in parts of a cell.
const SURFACE_DOUBT: f64 = 0.02;
const CELL_DOUBT: f64 = 0.3;

/// Where near a limit shares are looked at, in relation to the scale at which a size meets it.
const NEAR: [f64; 9] = [0.85, 0.92, 0.96, 0.985, 1.0, 1.015, 1.04, 1.08, 1.15];

/// Offsets that are tried in the place of one that leaves nothing, it too.
const NEARER: usize = 3;

/// A number that marks one of many figures of the same kind.
const MARK: char = '@';

/// Takes the figures of a design at a grid of about `step` µm; `None` where a phase is missing there.
pub(super) fn look(
    design: &Design,
    offset: f64,
    question: &Question<'_>,
    step: f64,
    limits: &Limits,
    exec: &Exec,
) -> Result<Option<Look>, Cancelled> {
    let few = question.cut == CutPores::Periodic;
    let even = |n: usize| {
        let ratio = (SCALES.1 / SCALES.0).ln();
        (0..n).map(move |k| SCALES.0 * (ratio * k as f64 / (n - 1) as f64).exp()).chain([1.0])
    };
    let accessible: Vec<f64> = even(if few { 6 } else { 40 }).collect();
    let mut study = match Study::new(design, &design.envelope, Resolution::Spacing(step), question.cut, limits, exec) {
        Ok(study) => study,
        Err(StudyError::Cancelled(c)) => return Err(c),
        Err(_) => return Ok(None),
    };
    let marked = |(k, s): (usize, &f64), id: &str, d: f64| (format!("{id}{MARK}{k}"), d / s);
    // Close to where a size meets a limit of a share, and evenly elsewhere.
    let sizes: Vec<f64> = ["d10", "d50", "d90"]
        .iter()
        .filter_map(|q| Some(question.measurements.get(&format!("pore_size.{q}"))?.value - GROWTH * offset))
        .filter(|d| *d > 0.0)
        .collect();
    let limits_of = question.needs.shares.iter().flat_map(|(_, low, high)| [*low, *high]);
    let near = limits_of.flat_map(|l| sizes.iter().flat_map(move |d| NEAR.map(|n| n * l / d)));
    let mut scales: Vec<f64> = even(10).chain(near).filter(|s| (0.05..20.0).contains(s)).collect();
    scales.sort_by(f64::total_cmp);
    scales.dedup_by(|a, b| *a / *b < 1.008);
    let needs = Needs {
        strut: false,
        pictures: false,
        shares: (question.needs.shares.iter())
            .flat_map(|(id, low, high)| {
                scales.iter().enumerate().map(move |(k, s)| (format!("{id}{MARK}{k}"), low / s, high / s))
            })
            .collect(),
        accessible: (question.needs.accessible.iter())
            .flat_map(|(id, d)| accessible.iter().enumerate().map(move |k| marked(k, id, *d)))
            .collect(),
        trapped: (question.needs.trapped.iter())
            .flat_map(|(id, d)| accessible.iter().enumerate().map(move |k| marked(k, id, *d)))
            .collect(),
        thinnest: None,
        narrowest: None,
        overhang: None,
        build_volume: None,
        ..question.needs.clone()
    };
    let mut look = Look { offset, ..Look::default() };
    match survey(&mut study, &needs, After::Spent, limits, exec) {
        Ok(survey) => collect(&mut look, survey.figures.figures, &scales, &accessible),
        Err(StudyError::Cancelled(c)) => return Err(c),
        Err(_) => return Ok(None),
    }
    Ok(Some(look))
}

fn collect(look: &mut Look, figures: BTreeMap<String, Figure>, shares: &[f64], accessible: &[f64]) {
    for (id, figure) in figures {
        match id.split_once(MARK) {
            Some((id, k)) => {
                let scales = if id.starts_with("pore_size") { shares } else { accessible };
                let Some(scale) = k.parse().ok().and_then(|k: usize| scales.get(k)) else { continue };
                look.by_scale.entry(id.to_owned()).or_default().push((scale.ln(), figure.value));
            }
            None => {
                look.figures.insert(id, (figure.value, figure.unit));
            }
        }
    }
    for curve in look.by_scale.values_mut() {
        curve.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
}

/// The answers of a design.
pub(super) struct Response<'a> {
    question: &'a Question<'a>,
    /// The solid as it is, loose pieces and all.
    first: Look,
    /// The solids that are to be had, by rising offset; one of them has the offset 0.
    looks: Vec<Look>,
    /// Share of the solid that is left at rising offsets: of the solid as it is.
    solid: Vec<(f64, f64)>,
    lattice: Lattice,
    body: Design,
    /// Size of the solid along each axis, in µm.
    size: V3,
    /// Whether loose pieces are taken out.
    cleaned: bool,
    /// Whether only a part of the design is looked at.
    part: bool,
    kept: bool,
    step: f64,
}

impl<'a> Response<'a> {
    /// Looks at the design as it is and, where they differ, without its loose pieces; `sample` has as its envelope the
    /// part of it that is looked at, but volumes are taken of the `full` body, on a lattice of about `nodes`. `offsets`
    /// are the outermost ones that will be looked at.
    pub(super) fn new(
        question: &'a Question<'a>,
        full: &Design,
        sample: &Design,
        cleaned: Option<&SolidMesh>,
        step: f64,
        nodes: f64,
        offsets: (f64, f64),
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Option<Self>, StudyError> {
        let Solid::Mesh(solid) = &sample.solid else { return Ok(None) };
        let border = border_of(question.cut);
        let part = sample.envelope.body.volume < full.envelope.body.volume * (1.0 - 1e-9);
        let kept = part || keeps_envelope(question.design, question.options);
        let lattice = |solid: &SolidMesh| Lattice::of(solid, &sample.envelope.body, step, border, limits, exec);
        let base = cleaned.unwrap_or(solid);
        let mut response = Self {
            question,
            first: Look::default(),
            looks: Vec::new(),
            solid: Vec::new(),
            lattice: lattice(base)?,
            body: sample.clone(),
            size: bounds_of(full),
            cleaned: cleaned.is_some(),
            part,
            kept,
            step,
        };
        let Some(zero) = response.look(0.0, limits, exec)? else { return Ok(None) };
        response.first = if cleaned.is_some() {
            let as_it_is = lattice(solid)?;
            let Some(design) = response.design(&as_it_is, 0.0, exec)? else { return Ok(None) };
            let Some(look) = look(&design, 0.0, question, step, limits, exec)? else { return Ok(None) };
            look
        } else {
            zero.clone()
        };
        response.looks.push(zero);
        let volume = |solid: &SolidMesh| solid.volume().unwrap_or_else(|| solid.mesh.signed_volume().abs());
        let left = volume(base) / volume(solid);
        let table: Vec<f64> = (0..=VOLUMES)
            .map(|k| offsets.0 + (offsets.1 - offsets.0) * k as f64 / VOLUMES as f64)
            .chain([0.0])
            .collect();
        let volumes = if part {
            let step = step.max((full.envelope.body.volume / nodes).cbrt());
            Lattice::of(base, &full.envelope.body, step, border, limits, exec)?.volumes(&table, exec)
        } else {
            response.lattice.volumes(&table, exec)
        };
        exec.checkpoint()?;
        let at_zero = volumes.last().copied().unwrap_or(0.0);
        if at_zero <= 0.0 {
            return Ok(None);
        }
        response.solid = table.into_iter().zip(volumes).map(|(u, v)| (u, left * v / at_zero)).collect();
        response.solid.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(Some(response))
    }

    /// Looks at more offsets. In the place of one that leaves nothing, offsets nearer to those that leave something are
    /// tried, so that what is possible is looked at to nearly its end.
    pub(super) fn extend(&mut self, offsets: &[f64], limits: &Limits, exec: &Exec) -> Result<(), Cancelled> {
        for &offset in offsets {
            let mut at = offset;
            for _ in 0..NEARER {
                match self.look(at, limits, exec) {
                    Ok(Some(look)) => {
                        self.looks.push(look);
                        self.looks.sort_by(|a, b| a.offset.total_cmp(&b.offset));
                        break;
                    }
                    Err(StudyError::Cancelled(c)) => return Err(c),
                    Ok(None) | Err(_) => {}
                }
                let ends = if at < 0.0 { self.looks.first() } else { self.looks.last() };
                let Some(end) = ends.map(|l| l.offset) else { break };
                if (at - end).abs() <= self.step / 2.0 || (at < end) != (offset < 0.0) {
                    break;
                }
                at = f64::midpoint(at, end);
            }
        }
        Ok(())
    }

    fn design(&self, lattice: &Lattice, offset: f64, exec: &Exec) -> Result<Option<Design>, Cancelled> {
        exec.stage("trying offsets")?;
        let Some(mesh) = lattice.surface(offset, exec) else { return Ok(None) };
        Ok(dressed(&self.body, SolidMesh::sound(mesh, exec), self.kept, 1.0, self.question.options).ok())
    }

    fn look(&self, offset: f64, limits: &Limits, exec: &Exec) -> Result<Option<Look>, StudyError> {
        let Some(design) = self.design(&self.lattice, offset, exec)? else { return Ok(None) };
        Ok(look(&design, offset, self.question, self.step, limits, exec)?)
    }

    /// The offsets that were looked at.
    pub(super) fn offsets(&self) -> Vec<f64> {
        self.looks.iter().map(|l| l.offset).collect()
    }

    /// Whether there was a look at an offset, or within `near` µm of it.
    pub(super) fn looked_at(&self, offset: f64, near: f64) -> bool {
        self.looks.iter().any(|l| (l.offset - offset).abs() <= near)
    }

    /// The looks on both sides of an offset, and how near it lies to the second.
    fn bracket(&self, offset: f64) -> Option<(&Look, &Look, f64)> {
        let k = self.looks.partition_point(|l| l.offset <= offset).clamp(1, self.looks.len().max(2) - 1);
        let (a, b) = (self.looks.get(k - 1)?, self.looks.get(k).or(self.looks.last())?);
        let apart = b.offset - a.offset;
        Some((a, b, if apart > 0.0 { ((offset - a.offset) / apart).clamp(0.0, 1.0) } else { 0.0 }))
    }

    fn value(&self, id: &str, offset: f64) -> Option<f64> {
        let (a, b, w) = self.bracket(offset)?;
        match (a.value(id), b.value(id)) {
            (Some(a), Some(b)) => Some(a + (b - a) * w),
            (a, b) => {
                if w < 0.5 {
                    a
                } else {
                    b
                }
            }
        }
    }

    /// A figure that hangs on a length, at an offset and a scale.
    fn value_at_scale(&self, id: &str, offset: f64, scale: f64) -> Option<f64> {
        let (a, b, w) = self.bracket(offset)?;
        let mark = if id.starts_with("pore_size") { "pore_size.d50" } else { "interconnectivity.d90" };
        let here = self.value(mark, offset);
        let at = |look: &Look| {
            let shift = match (here, look.value(mark)) {
                (Some(here), Some(there)) if here > 0.0 && there > 0.0 => here / there,
                _ => 1.0,
            };
            look.at_scale(id, scale * shift)
        };
        match (at(a), at(b)) {
            (Some(a), Some(b)) => Some(a + (b - a) * w),
            (a, b) => {
                if w < 0.5 {
                    a
                } else {
                    b
                }
            }
        }
    }

    /// Share of the solid that an offset leaves.
    fn left(&self, offset: f64) -> f64 {
        let k = self.solid.partition_point(|p| p.0 < offset).clamp(1, self.solid.len().max(2) - 1);
        let (Some(a), Some(b)) = (self.solid.get(k - 1), self.solid.get(k)) else { return 1.0 };
        let apart = (b.0 - a.0).max(f64::MIN_POSITIVE);
        a.1 + (b.1 - a.1) * ((offset - a.0) / apart).clamp(0.0, 1.0)
    }

    /// Room in the build volume after a change, and what an offset leaves open of it.
    fn room(&self, which: &str, offset: f64, scale: f64) -> Option<(f64, f64)> {
        let size = self.size.map(|s| (s + 2.0 * offset.max(0.0)) * scale);
        let room = room(size.into(), self.question.needs.build_volume?);
        let least = room.into_iter().fold(f64::INFINITY, f64::min);
        let value = ["x", "y", "z"].iter().position(|a| *a == which).map_or(least, |a| room[a]);
        Some((value, if offset > 0.0 { 2.0 * offset * scale } else { 0.0 }))
    }

    /// A figure of the design after a change; `None` where it is not known how it answers.
    pub(super) fn predict(&self, id: &str, offset: f64, scale: f64) -> Option<Measurement> {
        let known = self.question.measurements.get(id);
        let unit = known.map(|m| m.unit).or_else(|| self.first.figures.get(id).map(|f| f.1)).unwrap_or(Unit::One);
        let factor = match unit {
            Unit::Micrometre => scale,
            Unit::SquareMillimetre => scale.powi(2),
            Unit::CubicMillimetre => scale.powi(3),
            Unit::PerMillimetre => 1.0 / scale,
            Unit::PerSquareMillimetre => scale.powi(-2),
            _ => 1.0,
        };
        let before = known.map_or(0.0, |m| m.value);
        let moved = offset != 0.0 || self.cleaned;
        let (value, doubt) = if let Some(which) = id.strip_prefix("fit.") {
            if !matches!(which, "x" | "y" | "z" | "least") {
                return None;
            }
            self.room(which, offset, scale)?
        } else if id == "porosity.total" || id == "porosity.open" {
            let total = self.value("volume.total", offset)? / self.first.value("volume.total")?;
            let porosity = self.question.measurements.get("porosity.total")?.value;
            let mut after = 1.0 - (1.0 - porosity) * self.left(offset) / total;
            let change = after - porosity;
            if id == "porosity.open" {
                after -= self.predict("porosity.closed", offset, scale)?.value;
            }
            let edges = if offset == 0.0 { 0.0 } else { 0.01 * (1.0 - after) };
            (after.clamp(0.0, 1.0), 0.05 * change.abs() + edges)
        } else if let Some(after) = self.value_at_scale(id, offset, scale) {
            let first = self.first.at_scale(id, 1.0)?;
            let change = after - first;
            let value = if known.is_some() { before + change } else { after };
            (value.clamp(0.0, 1.0), 0.05 * change.abs())
        } else if let (Some(family), Some(known)) = (id.strip_prefix("strut."), known) {
            // Of the ball in a strut the offset takes as much as off the strut; corners and spread go with the median.
            let median = self.question.measurements.get("strut.d50").map_or(known.value, |m| m.value);
            let change = match family {
                "d01" | "sd" => known.value * 2.0 * offset / median.max(f64::MIN_POSITIVE),
                _ => 2.0 * offset,
            };
            ((before + change).max(0.0) * factor, 0.05 * change.abs() * factor)
        } else if moved && id.starts_with("solid.") {
            // The faces of a part cut struts off that hang together elsewhere.
            let in_part = if id == "solid.components" { 1.0 } else { 0.0 };
            (
                if !self.part {
                    self.value(id, offset)?
                } else if self.cleaned {
                    in_part
                } else {
                    before
                },
                0.0,
            )
        } else if moved {
            let after = self.value(id, offset);
            match (known, after, self.first.value(id)) {
                (_, Some(after), Some(first)) => {
                    let change = after - first;
                    let value = if known.is_some() { before + change } else { after };
                    let coarse = match unit {
                        Unit::PerMillimetre | Unit::SquareMillimetre => SURFACE_DOUBT * value.abs(),
                        // Where a wall was before, whether and how wide it opens hangs on all of a cell.
                        Unit::Micrometre if offset != 0.0 && first <= 0.0 => self.step,
                        Unit::Micrometre if offset != 0.0 => CELL_DOUBT * self.step,
                        _ => 0.0,
                    };
                    (value.max(0.0) * factor, (0.1 * change.abs() + coarse) * factor)
                }
                (None, Some(after), None) => (after * factor, 0.1 * after.abs() * factor),
                _ => return None,
            }
        } else {
            known?;
            (before * factor, 0.0)
        };
        let change = value - before;
        let of_figure = known.filter(|_| !(moved && id.starts_with("solid."))).map_or(0.0, |m| m.uncertainty);
        // A strut that failed at the first look was not looked at again: what the coarse grid says of it is no doubt.
        let of_figure = if id.starts_with("strut.") { of_figure.min(STRUT_DOUBT * before) } else { of_figure };
        let uncertainty = of_figure * factor + doubt;
        // A reading without a figure leaves the check open after any change.
        let mut alternatives = known.map(|m| m.alternatives.clone()).unwrap_or_default();
        alternatives.retain(|a| a.value.is_some());
        for other in &mut alternatives {
            other.value = other
                .value
                .map(|v| if unit == Unit::One { v + change } else { v * factor + (value - before * factor) });
        }
        Some(Measurement {
            value: value + 0.0,
            unit,
            uncertainty,
            sampling: 0.0,
            exact: false,
            method: "predicted".to_owned(),
            alternatives,
            at_um: None,
            range: None,
            ends: None,
            library: false,
        })
    }
}
