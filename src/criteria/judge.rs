//! The verdict: a pure function of measurements and criteria.

use std::collections::BTreeMap;

use super::file::Criteria;
use super::measures::{lengths_in, unit_of};
use super::process::Process;
use super::rule::{Declaration, Limit, ProcessLimit, Rule, RuleKind, Within};
use super::verdict::{Check, Context, Declared, Verdict};
use crate::measure::Measurement;
use crate::units::{Unit, significant};

/// Relative distance to a limit within which it counts as met: what rounding a mesh to single precision costs.
const MET: f64 = 1e-6;

/// Share of the limit up to which an uncertainty counts as small, and share of that within which the figure lies at the
/// limit: a size that was drawn just so stays on both sides of it on any grid.
const DRAWN: (f64, f64) = (1e-3, 0.1);

/// What a tissue asks of a scaffold at first: in the place of a load, beside which it is advisory.
const ADEQUACY: &str = "matching.adequacy";
const SHIELDING: &str = "matching.shielding";

/// Voxels that the thinnest strut must be across for what hangs on single struts.
const ACROSS_STRUT: f64 = 3.0;

/// Judges every check of the criteria. Whether a design goes into a build volume or a cavity is a question only where one is
/// declared.
#[must_use]
pub fn judge(criteria: &Criteria, measurements: &BTreeMap<String, Measurement>, context: &Context) -> Vec<Check> {
    let asked = |rule: &&Rule| match rule.kind {
        RuleKind::Room { within: Within::Machine, .. } => context.making.volume.is_some(),
        RuleKind::Room { within: Within::Cavity, .. } => context.making.cavity.is_some(),
        _ => true,
    };
    let made = criteria.rules.iter().filter(asked).map(|rule| rule.made(&context.making));
    made.map(|rule| check(&rule, measurements, context)).collect()
}

/// What a process asks of a figure; or why it asks nothing.
fn process_limit(limit: ProcessLimit, process: &Process, context: &Context) -> Result<Limit, String> {
    let least = |min: f64| Ok(Limit { min: Some(min), max: None });
    let most = |max: f64| Ok(Limit { min: None, max: Some(max) });
    match limit {
        ProcessLimit::Strut => least(process.min_strut.um()),
        ProcessLimit::Gap => least(process.min_gap.um()),
        ProcessLimit::Trapped(_) if process.way_out.is_none() => {
            Err(format!("{} leaves nothing in the void that has to get out", process.name))
        }
        ProcessLimit::Trapped(_) if context.endless => {
            Err("one cell of an endless pattern has no outside: check the whole part".to_owned())
        }
        ProcessLimit::Overhang(_) if process.overhang_deg.is_none() => {
            Err(format!("{} needs no supports", process.name))
        }
        ProcessLimit::Trapped(max) | ProcessLimit::Overhang(max) => most(max),
    }
}

fn check(rule: &Rule, measurements: &BTreeMap<String, Measurement>, context: &Context) -> Check {
    let mut check = Check {
        rule: rule.clone(),
        requirement: String::new(),
        limit: None,
        verdict: Verdict::NotAssessed,
        measured: None,
        margin: None,
        reason: None,
        refinable: false,
        library: false,
        advice: None,
    };
    // A limit of one's own on the same measure is no stand-in for a load.
    let for_a_load = matches!(&rule.kind, RuleKind::Class { measure, .. } if measure == ADEQUACY);
    let bears = match &rule.kind {
        RuleKind::Load { .. } => context.declared.load.is_some(),
        _ => for_a_load && context.declared.tissue.is_some(),
    };
    check.rule.required &= !(for_a_load && context.declared.load.is_some());
    let (measure, limit) = match &rule.kind {
        RuleKind::Declared(what) => {
            let words: Vec<&str> = what.iter().map(|d| d.phrase()).collect();
            check.requirement = format!("declared: {}", words.join(", "));
            let missing: Vec<&str> =
                what.iter().filter(|d| !has(&context.declared, **d, context)).map(|d| d.phrase()).collect();
            if missing.is_empty() {
                check.verdict = Verdict::Declared;
                check.reason = context.declared.material.as_ref().map(|m| match rule.criterion {
                    3 => m.cell_interface.clone(),
                    _ => m.compatibility.clone(),
                });
            } else {
                check.reason = Some(format!("declare {}", missing.join(" and ")));
            }
            return check;
        }
        RuleKind::Process { measure, limit } => match &context.making.process {
            None => {
                check.requirement = format!("{measure} {}", limit.words());
                check.reason = Some("declare a process".to_owned());
                return check;
            }
            Some(process) => match process_limit(*limit, process, context) {
                Ok(limit) => (measure, limit),
                Err(reason) => {
                    check.requirement = format!("{measure} {}", limit.words());
                    check.verdict = Verdict::Declared;
                    check.reason = Some(reason);
                    return check;
                }
            },
        },
        RuleKind::Room { measure, .. } => (measure, Limit { min: Some(0.0), max: None }),
        RuleKind::Load { measure } => match context.declared.load {
            None => {
                check.requirement = format!("{measure} >= declared load");
                check.reason = Some(missing_for(measure, true, &context.declared).unwrap_or_default());
                return check;
            }
            Some(load) => (measure, Limit { min: Some(load), max: None }),
        },
        RuleKind::Class { measure, min, max } => match context.declared.tissue {
            None => {
                check.requirement = format!("{measure} by the class of the tissue");
                check.reason = missing_for(measure, false, &context.declared);
                return check;
            }
            Some(class) => {
                let limit = Limit { min: min.get(&class).copied(), max: max.get(&class).copied() };
                if limit.min.is_none() && limit.max.is_none() {
                    check.requirement = format!("{measure} by the class of the tissue");
                    check.verdict = Verdict::Declared;
                    check.reason = Some("not asked in a tissue that carries no load".to_owned());
                    return check;
                }
                (measure, limit)
            }
        },
        RuleKind::Figure { measure, limit } => (measure, *limit),
    };
    let unit = unit_of(measure).unwrap_or(Unit::One);
    let figure = rule.figure().unwrap_or_default();
    check.requirement = requirement(&figure, limit, unit);
    check.limit = Some(limit);
    if let Some(missing) = missing_for(measure, false, &context.declared) {
        // What bears a load, or stands in for tissue, is asked for: without a material it stays open.
        if bears && context.declared.material.is_none() {
            check.verdict = Verdict::Inconclusive;
        }
        check.reason = Some(missing);
        return check;
    }
    let Some(measurement) = measurements.get(&figure) else {
        if matches!(rule.kind, RuleKind::Process { limit: ProcessLimit::Gap, .. }) {
            check.verdict = Verdict::Declared;
            check.reason = Some("no gap of the design lies between opposite walls".to_owned());
            return check;
        }
        let family = figure.split('.').next();
        if let Some((_, reason)) = context.unresolved.iter().find(|(name, _)| Some(*name) == family) {
            check.verdict = Verdict::Inconclusive;
            check.reason = Some(reason.clone());
            return check;
        }
        check.verdict = Verdict::Fail;
        let what = if rule.region.is_some() { "region" } else { "design" };
        check.reason = Some(format!("the {what} has nothing that this could be measured on"));
        check.advice.clone_from(&rule.advice);
        return check;
    };
    let margin = margin(measurement.value, limit);
    check.measured = Some(measurement.clone());
    check.margin = Some(margin);
    check.verdict = by_margin(margin, span(measurement.value, measurement.uncertainty, limit));
    let at_limit = measurement.uncertainty <= DRAWN.0 * (measurement.value.abs() + margin.abs())
        && margin.abs() <= DRAWN.1 * measurement.uncertainty;
    // Whatever a finer grid reads, what the parts of the sample differ by goes beyond the limit.
    let by_grid = measurement.uncertainty - measurement.sampling;
    let small_sample = margin.abs() + by_grid < measurement.sampling;
    check.refinable = check.verdict == Verdict::Inconclusive && !measurement.exact && !at_limit && !small_sample;
    if let Some((low, high)) = measurement.range {
        let at = |v: f64, limit: Limit| by_margin(self::margin(v, limit), span(v, 0.0, limit));
        // It fails where the whole range lies on one side of a limit; a range round the window leaves it open.
        let whole = |wanted: Verdict, limit: Limit| [low, high].iter().all(|v| at(*v, limit) == wanted);
        let sides = [Limit { max: None, ..limit }, Limit { min: None, ..limit }];
        check.verdict = if whole(Verdict::Pass, limit) {
            Verdict::Pass
        } else if sides.into_iter().any(|side| whole(Verdict::Fail, side)) {
            Verdict::Fail
        } else {
            Verdict::Inconclusive
        };
        check.refinable = false;
        if check.verdict == Verdict::Inconclusive {
            check.library = measurement.library;
            let whose = if measurement.library { "the library's ranges" } else { "the ranges declared" };
            let worst = measurement.ends.as_ref().map_or_else(String::new, |[least, greatest]| {
                let worst = if at(low, limit) == Verdict::Pass { greatest } else { least };
                format!(", the worst where {worst}")
            });
            check.reason = Some(format!(
                "{whose} leave it open: {} to {}{worst}; {}",
                show(low, unit),
                show(high, unit),
                settled_by(measure)
            ));
        }
    }
    if let Some(reason) = too_coarse(measure, limit, unit, measurements, context) {
        check.verdict = Verdict::Inconclusive;
        check.refinable = true;
        check.reason = Some(reason);
    } else if check.verdict != Verdict::Inconclusive {
        for other in &measurement.alternatives {
            let verdict = other.value.map_or(Verdict::Inconclusive, |value| {
                by_margin(self::margin(value, limit), span(value, measurement.uncertainty, limit))
            });
            if verdict != check.verdict {
                check.verdict = Verdict::Inconclusive;
                check.refinable = false;
                let value = other.value.map_or("none".to_owned(), |v| show(v, unit));
                check.reason = Some(format!("with {}: {value}; {}", other.reading, other.remedy));
                break;
            }
        }
    }
    if check.verdict == Verdict::Inconclusive && check.reason.is_none() {
        let remedy = if check.refinable {
            "the uncertainty straddles the limit: refine with --resolution or --max-voxels"
        } else if small_sample {
            "the parts of the sample differ by more than the margin: measure a larger sample, or one cell with --periodic"
        } else if at_limit && !measurement.exact {
            "it is just at the limit, which no grid can tell from a little below: leave some margin, or move the limit"
        } else {
            "the uncertainty straddles the limit"
        };
        check.reason = Some(remedy.to_owned());
    }
    if matches!(check.verdict, Verdict::Fail) {
        check.advice.clone_from(&rule.advice);
    }
    check
}

/// What would settle what ranges leave open.
fn settled_by(measure: &str) -> &'static str {
    let of_time = ["degradation.", "tissue.", "matching."].iter().any(|family| measure.starts_with(family));
    if of_time && !matches!(measure, ADEQUACY | SHIELDING) {
        "a measured curve settles it"
    } else {
        "measured values in a material of your own settle it"
    }
}

fn has(declared: &Declared, what: Declaration, context: &Context) -> bool {
    match what {
        Declaration::Material => declared.material.is_some(),
        Declaration::Tissue => declared.tissue.is_some(),
        Declaration::Load => declared.load.is_some(),
        Declaration::Process => context.making.process.is_some(),
    }
}

/// What has to be declared before a measure can be had, and is not.
fn missing_for(measure: &str, load: bool, declared: &Declared) -> Option<String> {
    let family = measure.split('.').next().unwrap_or("");
    // Ratios to the solid need no material.
    let absolute = ![".relative.", ".bound.", ".zener", ".poisson."].iter().any(|ratio| measure.contains(ratio));
    let material = matches!(family, "degradation" | "tissue" | "matching" | "strength" | "stiffness")
        && absolute
        && declared.material.is_none();
    let tissue = matches!(family, "tissue" | "matching") && declared.tissue.is_none();
    let missing: Vec<&str> = [
        (material, "a material"),
        (tissue, "a tissue"),
        (load && declared.load.is_none(), "a load"),
        (family == "wall_shear" && !declared.perfusion, "a flow (--perfusion)"),
        (family == "oxygen" && measure != "oxygen.distance" && !declared.cells, "cells (--cells)"),
    ]
    .into_iter()
    .filter_map(|(is, what)| is.then_some(what))
    .collect();
    (!missing.is_empty()).then(|| format!("declare {}", missing.join(" and ")))
}

/// Distance to the nearer limit, positive inside.
fn margin(value: f64, limit: Limit) -> f64 {
    let below = limit.min.map_or(f64::INFINITY, |min| value - min);
    let above = limit.max.map_or(f64::INFINITY, |max| max - value);
    below.min(above)
}

/// Half-width of the interval, and the rounding that is forgiven to figures that meet a limit exactly.
fn span(value: f64, uncertainty: f64, limit: Limit) -> (f64, f64) {
    let scale = limit.min.unwrap_or(0.0).abs().max(limit.max.unwrap_or(0.0).abs()).max(value.abs());
    (uncertainty, MET * scale)
}

fn by_margin(margin: f64, (uncertainty, rounding): (f64, f64)) -> Verdict {
    if margin - uncertainty >= -rounding || (margin.abs() <= rounding && uncertainty <= rounding) {
        Verdict::Pass
    } else if margin + uncertainty < 0.0 {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    }
}

/// Why the grid is too coarse for a check.
fn too_coarse(
    measure: &str,
    limit: Limit,
    unit: Unit,
    measurements: &BTreeMap<String, Measurement>,
    context: &Context,
) -> Option<String> {
    if context.spacing <= 0.0 {
        return None;
    }
    // What ways out below the grid leave open is in the uncertainty of what they trap; room in a build volume is no size in
    // the design.
    if measure.starts_with("interconnectivity.trapped_") || measure.starts_with("fit.") {
        return None;
    }
    let mut lengths = lengths_in(measure);
    // Struts and gaps are held against their own thickness below, however small the limit.
    let own = measure.starts_with("strut.") || measure == "pore_size.ridge_d01";
    if unit == Unit::Micrometre && !own {
        lengths.extend(limit.min.into_iter().chain(limit.max));
    }
    let shortest = lengths.into_iter().filter(|l| *l > 0.0).fold(f64::INFINITY, f64::min);
    // A hair of slack: sizes are divided into whole voxels.
    let across = shortest / context.spacing * 1.001;
    if across < context.voxels_across {
        return Some(format!(
            "{} is only {} voxels across, {} are needed: a finer --resolution decides it",
            show(shortest, Unit::Micrometre),
            significant(across, 2),
            context.voxels_across
        ));
    }
    if measure == "pore_size.ridge_d01" {
        let gap = measurements.get(measure)?.value;
        return finer("the narrowest gaps", gap, context.spacing);
    }
    let of_struts = measure.starts_with("strut.");
    let hangs_on_struts = matches!(measure, "solid.loose_fraction" | "solid.components" | "porosity.closed");
    if of_struts || (hangs_on_struts && !context.from_shells) {
        let strut = measurements.get("strut.ridge_d01")?.value;
        return finer("the thinnest struts", strut, context.spacing);
    }
    None
}

/// Why a grid is too coarse for the thinnest of something.
fn finer(what: &str, size: f64, spacing: f64) -> Option<String> {
    let across = size / spacing * 1.001;
    (across < ACROSS_STRUT).then(|| {
        format!(
            "{what} ({}) are only {} voxels across, {ACROSS_STRUT} are needed: a finer --resolution decides it",
            show(size, Unit::Micrometre),
            significant(across, 2)
        )
    })
}

fn requirement(measure: &str, limit: Limit, unit: Unit) -> String {
    let show = |v: f64| if unit == Unit::Micrometre { format!("{v} um") } else { format!("{v}") };
    match (limit.min, limit.max) {
        (Some(min), Some(max)) => format!("{} <= {measure} <= {}", show(min), show(max)),
        (Some(min), None) => format!("{measure} >= {}", show(min)),
        (None, Some(max)) => format!("{measure} <= {}", show(max)),
        (None, None) => measure.to_owned(),
    }
}

fn show(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Micrometre => format!("{} µm", significant(value, 3)),
        Unit::One => format!("{} %", significant(100.0 * value, 3)),
        Unit::Day => format!("{} days", significant(value, 3)),
        _ => format!("{} {}", significant(value, 3), unit.symbol()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::built_in;
    use super::super::process::Making;
    use super::super::verdict::{DesignVerdict, MaterialRecord};
    use super::*;
    use crate::fate::Support;
    use crate::measure::Alternative;

    fn measurement(value: f64, uncertainty: f64, unit: Unit) -> Measurement {
        Measurement {
            value,
            unit,
            uncertainty,
            sampling: 0.0,
            exact: false,
            method: String::new(),
            alternatives: Vec::new(),
            at_um: None,
            range: None,
            ends: None,
            library: false,
        }
    }

    fn design_verdict(checks: &[Check], strict: bool) -> DesignVerdict {
        super::super::design_verdict(checks.iter().filter(|c| c.gates(strict)).map(|c| c.verdict))
    }

    fn verdict(id: &str, m: Option<Measurement>, context: &Context) -> Check {
        let criteria = built_in("review").unwrap();
        let rule = criteria.rules.iter().find(|r| r.id == id).unwrap();
        let mut all = BTreeMap::new();
        if let (Some(m), Some(measure)) = (m, rule.measure()) {
            all.insert(measure.to_owned(), m);
        }
        check(rule, &all, context)
    }

    const FINE: Context = Context {
        declared: Declared { material: None, tissue: None, load: None, perfusion: false, cells: false },
        making: Making { process: None, build: crate::measure::BuildDirection::Z, volume: None, cavity: None },
        endless: false,
        spacing: 10.0,
        voxels_across: 4.0,
        from_shells: true,
        unresolved: Vec::new(),
    };

    #[test]
    fn what_only_a_larger_sample_settles_asks_for_no_finer_grid() {
        for (sampling, asks) in [(0.0, true), (0.004, true), (0.007, false), (0.01, false)] {
            let m = Measurement { sampling, ..measurement(0.899, 0.01, Unit::One) };
            let check = verdict("porosity", Some(m), &FINE);
            assert_eq!((check.verdict, check.refinable), (Verdict::Inconclusive, asks), "{sampling}");
            let reason = check.reason.unwrap();
            assert_eq!(reason.contains("--resolution"), asks, "{reason}");
            assert_eq!(reason.contains("a larger sample"), !asks, "{reason}");
        }
    }

    #[test]
    fn what_tissue_asks_at_first_gives_way_to_a_load() {
        let material = || Some(MaterialRecord { compatibility: String::new(), cell_interface: String::new() });
        let of = |material, tissue, load, figure: Option<(f64, f64)>| {
            let declared = Declared { material, tissue, load, ..Declared::default() };
            let figure = figure.map(|(low, high)| Measurement {
                range: Some((low, high)),
                ends: Some(["its modulus is 2 MPa".to_owned(), "its strength is 9 MPa".to_owned()]),
                library: true,
                ..measurement(low, high - low, Unit::One)
            });
            verdict("adequate", figure, &Context { declared, ..FINE })
        };
        let bone = Some(Support::Shared);
        let seen = |c: &Check| (c.verdict, c.rule.required, c.gates(false));
        // Neither is declared, then each of them.
        assert_eq!(seen(&of(material(), None, None, None)), (Verdict::NotAssessed, true, false));
        for (range, expected) in [
            ((0.2, 0.4), (Verdict::Fail, true, true)),
            ((1.2, 2.0), (Verdict::Pass, true, false)),
            ((0.2, 2.0), (Verdict::Inconclusive, true, false)),
        ] {
            assert_eq!(seen(&of(material(), bone, None, Some(range))), expected);
            let beside = of(material(), bone, Some(0.5), Some(range));
            assert_eq!(seen(&beside), (expected.0, false, false), "a load is what counts");
        }
        let own = "[[check]]\nid = \"own\"\nmeasure = \"matching.adequacy\"\nmin = 1.0\ncriterion = 5\nbasis = \"other\"\nsource = \"ours\"";
        let declared = Declared { material: material(), tissue: bone, load: Some(0.5), ..Declared::default() };
        let own = &judge(&Criteria::parse(own, "own").unwrap(), &BTreeMap::new(), &Context { declared, ..FINE })[0];
        assert!(own.rule.required, "what is asked for by a limit of one's own is asked for beside a load too");
        let open = of(material(), bone, None, Some((0.2, 2.0)));
        let reason = open.reason.as_deref().unwrap();
        assert!(open.library && open.gates(true), "{open:?}");
        assert!(reason.contains("the worst where its modulus is 2 MPa; measured values"), "{reason}");
        assert!(of(material(), bone, None, Some((0.2, 0.4))).advice.unwrap().contains("99 %"));
        // Without a material it stays open, and nothing is asked where no load is carried.
        let bare = of(None, bone, None, None);
        assert_eq!(
            (seen(&bare), bare.reason.as_deref()),
            ((Verdict::Inconclusive, true, true), Some("declare a material"))
        );
        assert_eq!(of(None, Some(Support::NonStructural), None, None).verdict, Verdict::Declared);
        let declared = Declared { load: Some(0.5), ..Declared::default() };
        let load = verdict("strength-initial", None, &Context { declared, ..FINE });
        assert_eq!(
            (seen(&load), load.reason.as_deref()),
            ((Verdict::Inconclusive, true, true), Some("declare a material"))
        );
        assert_eq!(verdict("strength-initial", None, &FINE).verdict, Verdict::NotAssessed);
    }

    #[test]
    fn the_whole_interval_decides() {
        for (value, uncertainty, expected) in [
            (0.91, 0.005, Verdict::Pass),
            (0.90, 0.0, Verdict::Pass),
            (0.89, 0.005, Verdict::Fail),
            (0.901, 0.005, Verdict::Inconclusive),
            (0.899, 0.005, Verdict::Inconclusive),
        ] {
            let check = verdict("porosity", Some(measurement(value, uncertainty, Unit::One)), &FINE);
            assert_eq!(check.verdict, expected, "{value} ± {uncertainty}");
            assert!((check.margin.unwrap() - (value - 0.9)).abs() < 1e-12);
        }
        let median = |v| verdict("pore-median", Some(measurement(v, 5.0, Unit::Micrometre)), &FINE);
        assert_eq!((median(1190.0).verdict, median(1190.0).margin), (Verdict::Pass, Some(10.0)));
        assert_eq!(median(1300.0).verdict, Verdict::Fail);
    }

    #[test]
    fn a_missing_figure_fails_and_a_missing_declaration_waits() {
        assert_eq!(verdict("pore-median", None, &FINE).verdict, Verdict::Fail);
        assert_eq!(verdict("material-compatible", None, &FINE).verdict, Verdict::NotAssessed);
        assert_eq!(verdict("strut-process", None, &FINE).verdict, Verdict::NotAssessed);
    }

    #[test]
    fn what_could_not_be_resolved_is_left_open() {
        let record = MaterialRecord { compatibility: String::new(), cell_interface: String::new() };
        let declared = Declared { material: Some(record), load: Some(0.5), ..Declared::default() };
        let unresolved = vec![("strength", "a single voxel wide".to_owned())];
        let context = Context { declared, unresolved, ..FINE };
        let open = verdict("strength-initial", None, &context);
        assert_eq!((open.verdict, open.reason.as_deref()), (Verdict::Inconclusive, Some("a single voxel wide")));
        assert_eq!(verdict("pore-median", None, &context).verdict, Verdict::Fail);
        let whole = Context { unresolved: Vec::new(), ..context };
        assert_eq!(verdict("strength-initial", None, &whole).verdict, Verdict::Fail);
    }

    #[test]
    fn what_was_drawn_at_the_limit_is_not_refined_for_ever() {
        let gap = |value, uncertainty| {
            let context =
                Context { making: Making { process: super::super::process("slm"), ..Making::default() }, ..FINE };
            verdict("gap-process", Some(measurement(value, uncertainty, Unit::Micrometre)), &context)
        };
        let drawn = gap(200.001, 0.1);
        assert_eq!((drawn.verdict, drawn.refinable), (Verdict::Inconclusive, false));
        assert!(drawn.reason.unwrap().contains("just at the limit"));
        // A finer grid may tell what is a little off, and what is still rough.
        assert!(gap(200.05, 0.1).refinable && gap(200.001, 1.0).refinable);
        assert_eq!(gap(200.2, 0.1).verdict, Verdict::Pass);
    }

    #[test]
    fn another_reading_with_another_outcome_leaves_it_open() {
        let mut m = measurement(0.91, 0.001, Unit::One);
        m.alternatives.push(Alternative { reading: "the hull", value: Some(0.89), remedy: "say which" });
        let check = verdict("porosity", Some(m.clone()), &FINE);
        assert_eq!((check.verdict, check.refinable), (Verdict::Inconclusive, false));
        m.alternatives[0].value = Some(0.905);
        assert_eq!(verdict("porosity", Some(m), &FINE).verdict, Verdict::Pass);
    }

    #[test]
    fn what_a_library_leaves_open_gates_under_strict_rules_alone() {
        let record = MaterialRecord { compatibility: String::new(), cell_interface: String::new() };
        let declared = Declared { material: Some(record), tissue: Some(Support::Shared), ..Declared::default() };
        let context = Context { declared, ..FINE };
        let gap = |low, high, library| {
            let m = Measurement { range: Some((low, high)), library, ..measurement(0.2, 0.1, Unit::One) };
            verdict("matching-gap", Some(m), &context)
        };
        assert_eq!(gap(0.1, 0.29, true).verdict, Verdict::Pass);
        let open = gap(0.1, 0.4, true);
        assert_eq!((open.verdict, open.library), (Verdict::Inconclusive, true));
        assert_eq!(design_verdict(std::slice::from_ref(&open), false), DesignVerdict::Pass);
        assert_eq!(design_verdict(&[open], true), DesignVerdict::Inconclusive);
        assert_eq!(design_verdict(&[gap(0.1, 0.4, false)], false), DesignVerdict::Inconclusive);
        // A tissue that carries nothing asks for no dip.
        let soft =
            Context { declared: Declared { tissue: Some(Support::NonStructural), ..context.declared.clone() }, ..FINE };
        assert_eq!(verdict("matching-dip", None, &soft).verdict, Verdict::Declared);
        assert_eq!(verdict("matching-dip", None, &FINE).verdict, Verdict::NotAssessed);
    }

    #[test]
    fn a_process_asks_what_it_needs_and_nothing_else() {
        let by = |name: &str| Context {
            making: Making { process: super::super::process(name), ..Making::default() },
            ..FINE
        };
        let gap = |v, context: &Context| verdict("gap-process", Some(measurement(v, 1.0, Unit::Micrometre)), context);
        // sls keeps 500 µm open.
        assert_eq!(gap(520.0, &FINE).verdict, Verdict::NotAssessed);
        assert_eq!((gap(520.0, &by("sls")).verdict, gap(520.0, &by("sls")).margin), (Verdict::Pass, Some(20.0)));
        assert_eq!(gap(480.0, &by("sls")).verdict, Verdict::Fail);
        // A gap far above a limit far below the grid is none of its business; a gap below the grid is.
        let coarse = Context { spacing: 100.0, ..by("two-photon") };
        assert_eq!(gap(480.0, &coarse).verdict, Verdict::Pass);
        assert_eq!((gap(280.0, &coarse).verdict, gap(280.0, &coarse).refinable), (Verdict::Inconclusive, true));
        // Powder has to leave, filament has not; powder carries what hangs over.
        let judged = |id: &str, measure: &str, value: f64, context: &Context| {
            let all = BTreeMap::from([(measure.to_owned(), measurement(value, 0.0, Unit::One))]);
            let criteria = built_in("review").unwrap();
            judge(&criteria, &all, context).into_iter().find(|c| c.rule.id == id).unwrap()
        };
        let trapped =
            |value, context: &Context| judged("trapped-process", "interconnectivity.trapped_600um", value, context);
        assert_eq!(trapped(0.0, &by("sls")).verdict, Verdict::Pass);
        assert_eq!(trapped(0.5, &by("sls")).verdict, Verdict::Fail);
        assert_eq!(trapped(0.5, &by("fdm")).verdict, Verdict::Declared);
        assert_eq!(trapped(0.5, &Context { endless: true, ..by("sls") }).verdict, Verdict::Declared);
        let hanging = |name: &str| judged("overhang-process", "overhang.z", 0.5, &by(name));
        assert_eq!((hanging("fdm").verdict, hanging("sls").verdict), (Verdict::Fail, Verdict::Declared));
        assert!(!hanging("fdm").gates(false));
    }

    #[test]
    fn room_is_asked_for_only_where_a_build_volume_is_declared() {
        let room = |value: f64, volume| {
            let all = BTreeMap::from([("fit.least".to_owned(), measurement(value, 0.0, Unit::Micrometre))]);
            let context = Context { making: Making { volume, ..Making::default() }, ..FINE };
            let checks = judge(&built_in("review").unwrap(), &all, &context);
            checks.into_iter().find(|c| c.rule.id == "fits").map(|c| c.verdict)
        };
        let volume = Some([crate::units::Length::from_um(1e5); 3]);
        assert_eq!(room(5.0, None), None);
        assert_eq!((room(5.0, volume), room(0.0, volume)), (Some(Verdict::Pass), Some(Verdict::Pass)));
        assert_eq!(room(-5.0, volume), Some(Verdict::Fail));
    }

    #[test]
    fn a_range_round_the_whole_window_leaves_it_open() {
        let median = |value, low, high| {
            let m = Measurement { range: Some((low, high)), ..measurement(value, 0.0, Unit::Micrometre) };
            verdict("pore-median", Some(m), &FINE).verdict
        };
        assert_eq!(median(250.0, 200.0, 1300.0), Verdict::Inconclusive);
        assert_eq!(median(250.0, 200.0, 290.0), Verdict::Fail);
        assert_eq!(median(1400.0, 1250.0, 1500.0), Verdict::Fail);
        assert_eq!(median(500.0, 310.0, 1190.0), Verdict::Pass);
    }

    #[test]
    fn a_coarse_grid_decides_nothing_small() {
        let m = measurement(200.0, 1.0, Unit::Micrometre);
        let coarse = Context { spacing: 30.0, ..FINE };
        let check = verdict("throat-z", Some(m.clone()), &coarse);
        assert_eq!((check.verdict, check.refinable), (Verdict::Inconclusive, true));
        assert_eq!(verdict("throat-z", Some(m), &FINE).verdict, Verdict::Pass);
    }

    #[test]
    fn a_design_fails_by_required_checks_and_strictly_by_all() {
        let pass = verdict("porosity", Some(measurement(0.95, 0.0, Unit::One)), &FINE);
        let advisory = verdict("surface", Some(measurement(1.0, 0.0, Unit::PerMillimetre)), &FINE);
        let waiting = verdict("material-compatible", None, &FINE);
        let fail = verdict("porosity", Some(measurement(0.5, 0.0, Unit::One)), &FINE);
        let open = verdict("porosity", Some(measurement(0.9, 0.1, Unit::One)), &FINE);
        assert_eq!(design_verdict(&[pass.clone(), advisory.clone()], false), DesignVerdict::Pass);
        assert_eq!(design_verdict(&[pass.clone(), advisory], true), DesignVerdict::Fail);
        assert_eq!(design_verdict(&[pass.clone(), waiting.clone()], false), DesignVerdict::Pass);
        assert_eq!(design_verdict(&[pass.clone(), waiting], true), DesignVerdict::Fail);
        assert_eq!(design_verdict(&[pass, open.clone()], false), DesignVerdict::Inconclusive);
        assert_eq!(design_verdict(&[fail, open], false), DesignVerdict::Fail);
    }
}
