//! Other readings of a design: its figures in the convex hull and in the wrap, under which a verdict has to hold as well.
//!
//! Another reading takes nearly as long as the first. So it is measured on one grid, and on finer ones by the difference
//! that it makes there: the error of both falls alike. Only where a verdict may hang on it, it is measured on the finer
//! grid too: where the verdict is not the same over the reading and what it may be off by, which is the uncertainty of the
//! figure for each fineness of the grid that the difference is from, and what the difference loses if it falls with the
//! square of the voxels' width.

use std::collections::BTreeMap;

use super::plan::Plan;
use super::run::{Run, judged};
use crate::criteria::Verdict;
use crate::design::{CutPores, Design, Envelope, Resolution, Study, StudyError};
use crate::measure::{
    After, Alternative, Figure, HULL, HULL_REMEDY, Level, Measurement, Needs, Survey, WRAP_REMEDY, WRAPPED, combine,
};
use crate::parallel::Exec;
use crate::units::Unit;

/// The readings of a design beside the first, and the figures that they are known from.
#[derive(Default)]
pub(super) struct Readings {
    /// Coarsest spacing of the grid that they were measured on, in µm, and the figures there.
    known: Option<(f64, BTreeMap<String, Figure>)>,
}

/// What a level is compared with for its uncertainty, and what judging it takes.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub coarse: Option<&'a Level>,
    pub moved: &'a [Survey],
    /// By how far two values leave sizes open, in µm.
    pub voxel: f64,
    /// Voxels that a length must be across.
    pub across: f64,
}

/// A reading: its name, its remedy and its body.
type Reading = (&'static str, &'static str, Envelope);

/// The readings that a design has.
pub(super) fn of(design: &Design, cut: CutPores) -> Vec<Reading> {
    let envelope = &design.envelope;
    // In the wrap pores can only be cut open: the other policies need flat faces.
    let wrap = envelope.wrap.as_ref().filter(|_| cut == CutPores::Open);
    let hull = envelope.auto.then(|| (HULL, HULL_REMEDY, envelope.as_hull()));
    hull.into_iter().chain(wrap.map(|body| (WRAPPED, WRAP_REMEDY, envelope.with(body.clone())))).collect()
}

impl Readings {
    /// Adds to each figure of a level its values under the other readings; `study` is that of the first one.
    pub(super) fn add(
        &mut self,
        level: &mut Level,
        mut study: Study<'_>,
        readings: Vec<Reading>,
        resolution: Resolution,
        plan: &Plan,
        run: &Run,
        beside: Beside<'_>,
        exec: &Exec,
    ) -> Result<(), StudyError> {
        if let Some((h, figures)) = &self.known {
            let own: BTreeMap<String, Vec<Alternative>> =
                level.survey.figures.figures.iter().map(|(id, f)| (id.clone(), f.alternatives.clone())).collect();
            for (reading, remedy, _) in &readings {
                shift(&mut level.survey, figures, reading, remedy);
            }
            if !hangs(level, study.design, &readings, h / level.h, run, beside) {
                return Ok(());
            }
            for (id, alternatives) in own {
                level.survey.figures.figures.entry(id).and_modify(|f| f.alternatives = alternatives);
            }
        }
        let last = readings.len();
        for (n, (reading, remedy, envelope)) in readings.into_iter().enumerate() {
            study = study.within(&envelope, resolution, &run.limits, exec)?;
            let after = if n + 1 == last { After::Spent } else { After::Kept };
            measure(&mut study, (reading, remedy), after, plan, run, exec, &mut level.survey)?;
        }
        self.known = Some((level.h, level.survey.figures.figures.clone()));
        Ok(())
    }
}

/// Whether a figure is the same in every body.
fn same_in_all(id: &str) -> bool {
    id == "porosity.total"
        || ["strut", "volume", "overhang", "fit", "curvature"].iter().any(|family| id.starts_with(family))
}

/// Adds to each figure what it is in the envelope of another study.
fn measure(
    study: &mut Study<'_>,
    (reading, remedy): (&'static str, &'static str),
    after: After,
    plan: &Plan,
    run: &Run,
    exec: &Exec,
    survey: &mut Survey,
) -> Result<(), StudyError> {
    let needs = Needs {
        strut: false,
        pictures: false,
        profiles: false,
        sides: false,
        throats: 0,
        thinnest: None,
        narrowest: None,
        overhang: None,
        build_volume: None,
        cavity: None,
        curvature: false,
        ..plan.needs.clone()
    };
    let other = crate::measure::survey(study, &needs, after, &run.limits, exec)?;
    for (id, figure) in survey.figures.figures.iter_mut().filter(|(id, _)| !same_in_all(id)) {
        let value = other.figures.figures.get(id).map(|f| f.value);
        if value.is_none_or(|v| (v - figure.value).abs() > 1e-12) {
            *figure = figure.clone().or(reading, value, remedy);
        }
    }
    Ok(())
}

/// Adds to each figure what it is under a reading by the difference that this makes to known figures.
fn shift(survey: &mut Survey, known: &BTreeMap<String, Figure>, reading: &'static str, remedy: &'static str) {
    for (id, figure) in survey.figures.figures.iter_mut().filter(|(id, _)| !same_in_all(id)) {
        let value = match known.get(id) {
            Some(there) => match there.alternatives.iter().find(|a| a.reading == reading) {
                Some(other) => other.value.map(|v| {
                    let moved = figure.value + (v - there.value);
                    let most = if figure.unit == Unit::One && v <= 1.0 { 1.0 } else { f64::INFINITY };
                    moved.clamp(if v >= 0.0 { 0.0 } else { f64::NEG_INFINITY }, most)
                }),
                None => continue,
            },
            None => None,
        };
        *figure = figure.clone().or(reading, value, remedy);
    }
}

/// Whether a verdict may be another one under a reading than without, as far as that is known from a grid that is
/// `coarser` times as coarse.
fn hangs(level: &Level, design: &Design, readings: &[Reading], coarser: f64, run: &Run, beside: Beside<'_>) -> bool {
    let Beside { coarse, moved, voxel, across } = beside;
    let with = combine(level, coarse, moved, voxel);
    let is = |a: &Alternative| readings.iter().any(|(reading, ..)| a.reading == *reading);
    let turned = |f: &dyn Fn(&Measurement, &Alternative) -> Vec<Alternative>| {
        let mut all = with.clone();
        for (id, m) in all.iter_mut().filter(|(id, _)| !same_in_all(id)) {
            let known = &with[id];
            let (others, own): (Vec<_>, Vec<_>) = known.alternatives.iter().cloned().partition(is);
            m.alternatives = own;
            m.alternatives.extend(others.iter().flat_map(|a| f(known, a)));
        }
        let checks = judged(run, &all, Vec::new(), design, level.h, across);
        checks.into_iter().map(|check| check.verdict).collect::<Vec<Verdict>>()
    };
    let spread = |m: &Measurement, a: &Alternative| match a.value {
        None => vec![a.clone()],
        Some(value) => {
            let off = coarser * m.uncertainty + (1.0 - coarser.powi(-2)) * (value - m.value).abs();
            [-off, off].map(|by| Alternative { value: Some(value + by), ..a.clone() }).to_vec()
        }
    };
    turned(&|_, _| Vec::new()) != turned(&spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria::Criteria;
    use crate::design::Options;
    use crate::gauge::run::{level, plan_of};
    use crate::generate::struts::{Struts, Topology};

    const COARSE: Resolution = Resolution::Spacing(80.0);
    const FINE: Resolution = Resolution::Spacing(40.0);

    fn lattice(exec: &Exec) -> (Design, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bcc.stl");
        let mesh = Struts { topology: Topology::Bcc, cell: 1500.0, strut: 300.0, cells: 2, sides: 12 }.mesh();
        crate::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &mesh).unwrap();
        let run = Run::default();
        let loaded = crate::input::load(&path, &run.limits).unwrap();
        (Design::new(loaded, &Options::default(), &run.limits, exec).unwrap(), folder)
    }

    fn asking(limits: &str) -> Run {
        let check = |(n, limit): (usize, &str)| {
            let (measure, limit) = limit.split_once(' ').unwrap();
            format!(
                "[[check]]\nid = \"c{n}\"\nmeasure = \"{measure}\"\n{limit}\ncriterion = 4\nbasis = \"other\"\nsource = \"ours\"\n"
            )
        };
        let text: String = limits.split("; ").enumerate().map(check).collect();
        Run { criteria: Some(Criteria::parse(&text, "own").unwrap()), ..Run::default() }
    }

    /// The coarse level, and the fine one with other readings as known from it and as measured.
    fn levels(design: &Design, run: &Run, exec: &Exec) -> [Level; 3] {
        let plan = plan_of(run);
        let alone = Beside { coarse: None, moved: &[], voxel: 0.0, across: 4.0 };
        let mut readings = Readings::default();
        let at = |resolution, readings: &mut Readings, beside: Beside<'_>| {
            level(design, resolution, &plan, run, Some((readings, beside)), exec).unwrap().0
        };
        let coarse = at(COARSE, &mut readings, alone);
        let fine = at(FINE, &mut readings, Beside { coarse: Some(&coarse), ..alone });
        let measured = at(FINE, &mut Readings::default(), alone);
        [coarse, fine, measured]
    }

    fn others(level: &Level) -> Vec<(&str, &Alternative)> {
        let is = |a: &&Alternative| [HULL, WRAPPED].contains(&a.reading);
        let of = |(id, f)| -> Vec<(&str, &Alternative)> {
            let (id, f): (&String, &Figure) = (id, f);
            f.alternatives.iter().filter(is).map(|a| (id.as_str(), a)).collect()
        };
        level.survey.figures.figures.iter().flat_map(of).collect()
    }

    #[test]
    fn a_reading_known_from_a_coarser_grid_is_near_what_it_is_measured_to_be() {
        let exec = Exec::silent(2).unwrap();
        let (design, _folder) = lattice(&exec);
        let run = asking(
            "pore_size.d50 min = \"100um\"; interconnectivity.accessible_100um min = 0.5; surface.per_total_volume min = 0.1",
        );
        let [coarse, fine, measured] = levels(&design, &run, &exec);
        assert_ne!(others(&fine), others(&measured), "no verdict hangs on it, so it is not measured anew");
        let u = combine(&fine, Some(&coarse), &[], 0.0);
        let mut compared = 0;
        for (id, truth) in others(&measured) {
            let Some((_, a)) = others(&fine).into_iter().find(|(i, a)| *i == id && a.reading == truth.reading) else {
                continue;
            };
            if let (Some(value), Some(truth)) = (a.value, truth.value) {
                let off = 2.0 * u[id].uncertainty + 0.75 * (value - u[id].value).abs();
                assert!((value - truth).abs() <= off + 1e-9, "{id}: {value}, {truth}, {off}");
                compared += 1;
            }
        }
        assert!(compared > 10, "{compared}");
    }

    #[test]
    fn where_a_verdict_hangs_on_a_reading_it_is_measured() {
        let exec = Exec::silent(2).unwrap();
        let (design, _folder) = lattice(&exec);
        let measured = |run: &Run| {
            let [_, fine, measured] = levels(&design, run, &exec);
            others(&fine) == others(&measured)
        };
        let [_, fine, _] = levels(&design, &asking("surface.per_total_volume min = 0.1"), &exec);
        let own = fine.survey.figures.figures["surface.per_total_volume"].value;
        let values = others(&fine).into_iter().filter(|(id, _)| *id == "surface.per_total_volume");
        let other = values.filter_map(|(_, a)| a.value).max_by(|a, b| (a - own).abs().total_cmp(&(b - own).abs()));
        let other = other.unwrap();
        assert!((other - own).abs() > 0.02 * own, "{other} {own}");
        assert!(measured(&asking(&format!("surface.per_total_volume min = {}", f64::midpoint(own, other)))));
        // Just beyond the reading, as far as that is known.
        let beyond = other + 0.2 * (other - own);
        assert!(measured(&asking(&format!("surface.per_total_volume min = {beyond}"))));
        assert!(!measured(&asking(&format!("surface.per_total_volume min = {}", other + 2.0 * (other - own)))));
    }
}
