//! From a material, a tissue and a measured body to figures: over the corners of the ranges, so that a verdict can tell
//! what the ranges leave open.

use std::collections::BTreeMap;

use super::apart::AXES;
use super::degradation::{Course, Pick};
use super::front::Front;
use super::growth::{CENTURY, Ground, Growing};
use super::library::{Law, Material, Range, Support, Tissue};
use super::matching::{Match, follow};
use super::tissue::{Growings, growings, tissue_days};
use crate::design::{Finding, Severity};
use crate::measure::Measurement;
use crate::units::{Unit, significant};

/// Days of ten years.
const TEN_YEARS: f64 = 3652.5;

/// What of a measured design decides how it degrades and what it carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Share of the envelope that is solid.
    pub density: f64,
    /// What a front that moves inward leaves.
    pub front: Front,
    /// Thickness below which 95 % of the solid lies, in µm, when it was measured.
    pub walls: Option<f64>,
    /// Thickness below which 5 % and below which half of the solid lie, in µm, when it was measured.
    pub thinner: Option<[f64; 2]>,
    /// Median thickness of the solid, in µm, when it was measured.
    pub strut: Option<f64>,
    /// Apparent modulus in MPa at first, along the weakest axis, when it was computed from the geometry.
    pub stiffness: Option<Range>,
    /// What of the void decides how tissue fills it, where growth is followed in the void itself.
    pub ground: Option<Ground>,
}

impl Body {
    /// Apparent modulus at first, in MPa: as computed, else as estimated.
    #[must_use]
    pub fn modulus(&self, material: &Material) -> Range {
        self.stiffness.unwrap_or_else(|| modulus(material, self.density))
    }

    /// The same with the modulus that is to be expected.
    #[must_use]
    pub fn expected(&self, material: &Material) -> Self {
        Self { stiffness: Some(Range::exactly(self.modulus(material).typical)), ..self.clone() }
    }
}

/// Apparent modulus of a porous solid, in MPa, relative to the dense one by its share: bending foams and lattices ρ²
/// (Gibson & Ashby 1997), at most the upper bound of Hashin & Shtrikman (1963), near ρ/(2 − ρ).
#[must_use]
pub fn modulus(material: &Material, density: f64) -> Range {
    let gpa = material.modulus_gpa;
    let bending = density * density;
    Range {
        low: gpa.low * 1e3 * bending,
        typical: gpa.typical * 1e3 * bending,
        high: gpa.high * 1e3 * (density / (2.0 - density)).max(bending),
    }
}

/// Apparent strength, in MPa: 0.3 σ ρ^1.5 where the solid yields, 0.2 σ ρ^1.5 where it is brittle (Gibson & Ashby 1997).
#[must_use]
pub fn strength(material: &Material, density: f64) -> Range {
    let factor = if material.brittle() { 0.2 } else { 0.3 };
    material.strength_mpa.map(|s| factor * s * density.powf(1.5))
}

/// One reading of the ranges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corner<'a> {
    /// End of the material's ranges.
    pub(super) pick: Pick,
    /// Apparent modulus at first, in MPa.
    pub(super) e0: f64,
    /// How the void fills.
    pub(super) growing: &'a Growing,
    /// Modulus of the mature tissue, in MPa.
    pub(super) et: f64,
    /// Which end of each of the four ranges it is.
    ends: [usize; 4],
}

impl Corner<'_> {
    /// Where it lies, in words; of the ranges that matter.
    fn words(&self, matters: [bool; 4]) -> String {
        let goes = if self.pick == Pick::Fast { "soonest" } else { "latest" };
        let words = [
            format!("it degrades {goes}"),
            format!("it has {} MPa at first", significant(self.e0, 2)),
            format!("the tissue is there by day {}", significant(self.growing.t90, 3)),
            format!("the tissue has {} MPa", significant(self.et, 2)),
        ];
        words
            .into_iter()
            .zip(matters)
            .filter_map(|(words, matters)| matters.then_some(words))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// The least (`sign` 1) or the greatest (-1) of a figure over the corners and as it is to be expected, and where that is, in
/// words.
fn end(sign: f64, values: &[f64], all: &[Corner<'_>], typical: f64) -> (f64, String) {
    let k = (0..values.len()).min_by(|a, b| (sign * values[*a]).total_cmp(&(sign * values[*b]))).unwrap_or(0);
    if sign * typical < sign * values[k] {
        return (typical, "all is as expected".to_owned());
    }
    // A range matters where the figure is another at its other end, all else being the same.
    let other = |j: usize, d: usize| (0..4).all(|e| (e == d) != (all[j].ends[e] == all[k].ends[e]));
    let alone = |d: usize| (0..all.len()).any(|j| values[j] != values[k] && other(j, d));
    let matters: [bool; 4] = std::array::from_fn(alone);
    let any = |d: usize| all.iter().any(|c| c.ends[d] != all[k].ends[d]);
    let matters = if matters.contains(&true) { matters } else { std::array::from_fn(any) };
    (values[k], all[k].words(matters))
}

/// The reading that is to be expected, and all corners of the ranges.
pub(super) fn corners<'a>(
    material: &Material,
    tissue: &Tissue,
    body: &Body,
    growings: &'a Growings,
) -> (Corner<'a>, Vec<Corner<'a>>) {
    let e0 = body.modulus(material);
    let growing = &growings.typical;
    let typical = Corner { pick: Pick::Typical, e0: e0.typical, growing, et: tissue.modulus_mpa.typical, ends: [0; 4] };
    // Ends that are the same make no corners of their own.
    let ends = |r: Range| if r.low < r.high { vec![r.low, r.high] } else { vec![r.low] };
    let course = |pick| Course::new(material, &body.front, pick);
    let picks = if course(Pick::Fast) == course(Pick::Slow) { vec![Pick::Fast] } else { vec![Pick::Fast, Pick::Slow] };
    let mut all = Vec::new();
    for (p, pick) in picks.into_iter().enumerate() {
        let [soonest, latest] = growings.ends(pick);
        let growings = if soonest == latest { vec![soonest] } else { vec![soonest, latest] };
        for (e, e0) in ends(e0).into_iter().enumerate() {
            for (g, &growing) in growings.iter().enumerate() {
                for (t, et) in ends(tissue.modulus_mpa).into_iter().enumerate() {
                    all.push(Corner { pick, e0, growing, et, ends: [p, e, g, t] });
                }
            }
        }
    }
    (typical, all)
}

/// A figure of material and tissue, with its range over the corners.
pub(super) fn measurement(range: Range, unit: Unit, method: &str, library: bool) -> Measurement {
    Measurement {
        value: range.typical,
        unit,
        uncertainty: (range.high - range.typical).max(range.typical - range.low),
        sampling: 0.0,
        exact: true,
        method: method.to_owned(),
        alternatives: Vec::new(),
        at_um: None,
        range: Some((range.low, range.high)),
        ends: None,
        library,
    }
}

/// The figures of a body of this material, in this tissue if one is declared, and what is worth knowing.
#[must_use]
pub fn assess(
    material: &Material,
    tissue: Option<&Tissue>,
    body: &Body,
) -> (BTreeMap<String, Measurement>, Vec<Finding>) {
    let mut figures = BTreeMap::new();
    let mut findings = Vec::new();
    let library = !material.own;
    let mut add = |id: &str, range: Range, unit, method: &str, library| {
        figures.insert(id.to_owned(), measurement(range, unit, method, library));
    };
    let density = body.density;
    add(
        "stiffness.estimated",
        modulus(material, density),
        Unit::Megapascal,
        "estimate: E·ρ² of bending lattices, at most Hashin–Shtrikman; not computed from the geometry",
        library,
    );
    add(
        "strength.estimated",
        strength(material, density),
        Unit::Megapascal,
        "estimate: 0.3 σ ρ^1.5 (0.2 if brittle), Gibson & Ashby; not computed from the geometry",
        library,
    );
    let course = |pick| Course::new(material, &body.front, pick);
    let over = |f: &dyn Fn(&Course<'_>) -> f64| {
        let [a, typical, b] = [Pick::Fast, Pick::Typical, Pick::Slow].map(|pick| f(&course(pick)));
        Range { low: a.min(b).min(typical), typical, high: a.max(b).max(typical) }
    };
    let by = match (&material.measured, material.law) {
        (Some(_), _) => "measured curve",
        (None, Law::BulkHydrolysis) => "bulk hydrolysis, mass loss below a critical molecular weight",
        (None, Law::RandomScission) => "random scission, mass loss below a critical molecular weight",
        (None, Law::SurfaceErosion) => "uniform front through the distance field, surface erosion",
        (None, Law::Corrosion) => "uniform front through the distance field, corrosion",
        (None, Law::FirstOrder) => "first-order loss of mass",
        (None, Law::None) => "not degradable",
    };
    add("degradation.mass_after_10y", over(&|c| c.mass(TEN_YEARS)), Unit::One, by, library);
    let gone = |c: &Course<'_>| super::degradation::first_below(|t| c.mass(t), 0.05).unwrap_or(CENTURY);
    add(
        "degradation.gone_day",
        over(&gone),
        Unit::Day,
        &format!("day on which 5 % of the mass is left, a century at most; {by}"),
        library,
    );
    let half = |c: &Course<'_>| super::degradation::first_below(|t| c.stiffness(t), 0.5).unwrap_or(CENTURY);
    add(
        "degradation.half_stiffness_day",
        over(&half),
        Unit::Day,
        &format!("day on which half of the stiffness is left, a century at most; {by}"),
        library,
    );
    falls_apart(material, body, library, &mut figures, &mut findings);
    erosion_number(material, body, library, &mut figures);
    warn_of_walls(material, body, &mut findings);
    let Some(tissue) = tissue else { return (figures, findings) };
    let library = library || !tissue.own;
    let growings = growings(material, tissue, body);
    tissue_days(tissue, body, &growings, &mut figures, &mut findings);
    let (typical, all) = corners(material, tissue, body, &growings);
    let run = |c: &Corner<'_>| {
        let course = Course::new(material, &body.front, c.pick);
        let found = follow(&course, c.e0, c.growing, c.et, tissue.maturity_exponent, tissue.class);
        (found, (c.growing.t50, c.growing.t90))
    };
    let expected = run(&typical);
    let spread: Vec<(Match, (f64, f64))> = all.iter().map(run).collect();
    let range = |f: &dyn Fn(&(Match, (f64, f64))) -> f64| {
        let values: Vec<f64> = spread.iter().map(f).collect();
        let typical = f(&expected);
        let [least, greatest] = [1.0, -1.0].map(|sign| end(sign, &values, &all, typical));
        (Range { low: least.0, typical, high: greatest.0 }, [least.1, greatest.1])
    };
    let what = format!("{} in {}, over the corners of their ranges; {by}", material.id, tissue.id);
    let mut add = |id: &str, (range, ends): (Range, [String; 2]), unit, method: &str| {
        let figure = measurement(range, unit, &format!("{method}; {what}"), library);
        figures.insert(id.to_owned(), Measurement { ends: Some(ends), ..figure });
    };
    if tissue.class != Support::NonStructural {
        add(
            "matching.support_dip",
            range(&|m| m.0.dip),
            Unit::One,
            "least support by scaffold and tissue up to t90, over the less stiff of both",
        );
    }
    add("matching.gap", range(&|m| m.0.gap), Unit::One, "mean lack of support up to t90");
    add("matching.linger", range(&|m| m.0.linger), Unit::One, "mean mass from t90 to 3 t90");
    add(
        "matching.gone_ratio",
        range(&|m| m.0.gone_day.unwrap_or(CENTURY) / m.1.1),
        Unit::One,
        "day on which 5 % of the mass is left over t90",
    );
    add(
        "matching.functional_ratio",
        range(&|m| m.0.functional_day.unwrap_or(CENTURY) / m.1.0),
        Unit::One,
        "day on which half of the support is gone over t50",
    );
    add(
        "matching.gone_before_tissue",
        range(&|m| f64::from(u8::from(m.0.early_day.is_some()))),
        Unit::One,
        "1 when less than 20 % of the mass is left before half of the void is filled",
    );
    if let Some(day) = expected.0.early_day {
        findings.push(Finding::new(
            "matching.gone_before_tissue",
            Severity::Warning,
            format!(
                "on day {} less than 20 % of the scaffold is left and less than half of the tissue is there",
                significant(day, 3)
            ),
        ));
    }
    (figures, findings)
}

/// The day on which an eroding solid falls apart, and where.
fn falls_apart(
    material: &Material,
    body: &Body,
    library: bool,
    figures: &mut BTreeMap<String, Measurement>,
    findings: &mut Vec<Finding>,
) {
    let Some(apart) = body.front.apart else { return };
    let day = |pick| {
        let rate = Course::new(material, &body.front, pick).rate().filter(|rate| *rate > 0.0)?;
        Some((apart.depth / rate).min(CENTURY))
    };
    let (Some(low), Some(typical), Some(high)) = (day(Pick::Fast), day(Pick::Typical), day(Pick::Slow)) else { return };
    let axis = AXES[apart.axis];
    let method = format!(
        "day on which a uniform front has cut every way through the solid along {axis} (widest path), a century at most"
    );
    let figure = measurement(Range { low, typical, high }, Unit::Day, &method, library);
    figures.insert("degradation.falls_apart_day".to_owned(), Measurement { at_um: Some(apart.at_um), ..figure });
    let days = [typical, low, high].map(|d| significant(d, 3));
    findings.push(
        Finding::new(
            "degradation.falls_apart",
            Severity::Info,
            format!(
                "no solid leads through along {axis} from day {} on ({} to {}), when {} µm are gone from every surface",
                days[0],
                days[1],
                days[2],
                significant(apart.depth, 3)
            ),
        )
        .at(apart.at_um),
    );
}

/// Distance between the bonds of a polyester, in µm: units of about 100 g/mol at 1.25 g/cm³.
const BONDS: f64 = 5.1e-4;

/// How much sooner a wall is hydrolysed than water goes through it: ε = x² λ π/(4 D ln(x/c)), c the distance of its bonds (von
/// Burkersroda et al. 2002), told from the thickness at which it is 1.
fn erosion_number(material: &Material, body: &Body, library: bool, figures: &mut BTreeMap<String, Measurement>) {
    let (Some(thick), Some([thin, half]), Some(critical)) = (body.walls, body.thinner, material.critical_thickness_um)
    else {
        return;
    };
    // Walls of a few bonds are no walls.
    let number = |x: f64| (x / critical).powi(2) * (critical / BONDS).ln() / (x / BONDS).max(2.0).ln();
    let range = Range { low: number(thin.min(half)), typical: number(half), high: number(thick.max(half)) };
    let method = format!(
        "π λ x²/(4 D ln(x/c)) of the median wall, {} µm, and of those that 5 % and 95 % of the solid are thinner than; 1 at \
         {critical} µm of {} (von Burkersroda et al. 2002): below 1 it degrades throughout, above from its surface",
        significant(half, 3),
        material.id
    );
    figures.insert("degradation.erosion_number".to_owned(), measurement(range, Unit::One, &method, library));
}

/// What the thickness of the walls changes about the law.
fn warn_of_walls(material: &Material, body: &Body, findings: &mut Vec<Finding>) {
    let Some(walls) = body.walls else { return };
    let thickness = significant(walls, 3);
    if let Some(limit) = material.autocatalysis_um.filter(|limit| walls > *limit) {
        findings.push(Finding::new(
            "degradation.autocatalysis",
            Severity::Warning,
            format!(
                "walls of {} reach {thickness} µm: above {limit} µm their acid stays inside and they hollow out sooner \
                 than the half-life says",
                material.id
            ),
        ));
    }
    if let Some(limit) = material.critical_thickness_um.filter(|limit| walls > *limit) {
        findings.push(Finding::new(
            "degradation.erosion_mode",
            Severity::Warning,
            format!(
                "walls of {thickness} µm are above the critical {limit} µm of {} (erosion number above 1): it erodes \
                 from its surface, not throughout (von Burkersroda et al. 2002, doi:10.1016/S0142-9612(02)00170-9)",
                material.id
            ),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::library::Library;
    use super::*;

    #[test]
    fn the_ends_of_a_figure_are_told_by_the_ranges_that_matter() {
        let library = Library::built_in().unwrap();
        let (material, tissue) = (library.material("WE43").unwrap(), library.tissue("trabecular_contained").unwrap());
        let body = Body {
            density: 0.1,
            front: Front::strut(150.0),
            walls: None,
            thinner: None,
            strut: None,
            stiffness: None,
            ground: None,
        };
        let figures = assess(&material, Some(&tissue), &body).0;
        let ends = |id: &str| figures[id].ends.clone().unwrap();
        let [soft, stiff] =
            [tissue.modulus_mpa.low, tissue.modulus_mpa.high].map(|e| format!("has {} MPa", significant(e, 2)));
        // The gap is widest where the metal goes soonest, the tissue comes late and much is asked for.
        let [_, widest] = ends("matching.gap");
        assert!(widest.contains("soonest") && widest.contains("by day 270"), "{widest}");
        // Mass alone lingers, whatever the moduli are.
        let [least, most] = ends("matching.linger");
        assert!(most.contains("latest") && most.contains("by day 85") && !most.contains("MPa"), "{most}");
        assert!(!least.contains("MPa"), "{least}");
        assert!(ends("matching.support_dip").iter().any(|e| e.contains(&soft) || e.contains(&stiff)));
        // What is the same over the ranges has no corner, and what is expected counts where it is beyond all of them.
        assert_eq!(
            end(1.0, &[2.0], &corners(&material, &tissue, &body, &growings(&material, &tissue, &body)).1, 1.0).1,
            "all is as expected"
        );
    }
}
