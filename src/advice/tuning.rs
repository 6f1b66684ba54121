//! Which knob of a material brings degradation to the pace of the tissue, and to what value.
//!
//! The review asks that the time of degradation can be tuned. The knobs are those of the law: the thickness of struts and
//! the rate of what erodes or corrodes (the whole design is scaled with its struts), the half-life of what is resorbed, the
//! share of lactide in the family of PLGA of the library (figures between its members by interpolation of their
//! logarithms), and the molecular weight at first of what hydrolyses. One is turned at a time, the others stay. At each
//! value the figures that are to be expected are judged by the rules of the criteria on degradation and matching: *holds*
//! when all required ones pass, a *good fit* when the advisory ones pass too. Values are tried at [`TRIALS`] steps of the
//! same ratio, and the ends of a window are narrowed by halving. In the middle of the best window the rules are judged
//! again over all ranges.

use crate::criteria::{Context, Criteria, Declared, MaterialRecord, Verdict, judge};
use crate::fate::library::{Law, Library, Material, Range, Tissue};
use crate::fate::{Body, assess};
use crate::parallel::Exec;
use crate::units::significant;

/// Values that are tried of each knob.
const TRIALS: usize = 41;

/// Halvings at each end of a window.
const HALVINGS: usize = 8;

/// How far a knob is turned at most, as a factor.
const STRUTS: f64 = 10.0;
const RATES: f64 = 100.0;
const WEIGHTS: f64 = 10.0;

/// Copolymers of lactide and glycolide by their share of lactide in %.
const PLGA: [(f64, &str); 5] =
    [(50.0, "PLGA_50_50"), (65.0, "PLGA_65_35"), (75.0, "PLGA_75_25"), (85.0, "PLGA_85_15"), (100.0, "PDLLA")];

/// What can be turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knob {
    /// Thickness of the struts, with the whole design scaled.
    Struts,
    /// Rate of erosion, in µm a day, or of corrosion, in mm a year.
    Rate,
    /// Half-life of mass.
    HalfLife,
    /// Share of lactide in PLGA.
    Lactide,
    /// Molecular weight at first.
    Weight,
}

impl Knob {
    /// Name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Struts => "strut thickness",
            Self::Rate => "rate",
            Self::HalfLife => "half-life",
            Self::Lactide => "lactide share",
            Self::Weight => "initial molecular weight",
        }
    }
}

/// What turning a knob does.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuned {
    /// The knob.
    pub knob: Knob,
    /// Unit of its values.
    pub unit: &'static str,
    /// Where it stands.
    pub now: f64,
    /// The least and the greatest value that were tried.
    pub searched: (f64, f64),
    /// The values nearest to where it stands at which the required rules hold.
    pub holds: Option<(f64, f64)>,
    /// Of these, or beyond, those at which the advisory ones hold too.
    pub good: Option<(f64, f64)>,
    /// Whether the required rules hold over all ranges in the middle of the better of both windows.
    pub over_ranges: bool,
}

/// All knobs of a material.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuning {
    /// What each does.
    pub knobs: Vec<Tuned>,
    /// Whether it holds as it stands, at what is to be expected.
    pub holds: bool,
    /// All of it in words.
    pub summary: String,
}

/// What is tuned.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The material.
    pub material: &'a Material,
    /// The tissue.
    pub tissue: &'a Tissue,
    /// The design.
    pub body: &'a Body,
    /// By what it is judged.
    pub criteria: &'a Criteria,
}

/// How well it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Fails,
    Holds,
    Good,
}

/// Turns every knob of a material.
#[must_use]
pub fn tune(subject: &Subject<'_>, library: &Library, exec: &Exec) -> Tuning {
    let rules = Criteria {
        rules: subject.criteria.rules.iter().filter(|r| r.measure().is_some_and(is_matching)).cloned().collect(),
        ..subject.criteria.clone()
    };
    let subject = Subject { criteria: &rules, ..*subject };
    let knobs = knobs(&subject).into_iter().map(|k| turn(&subject, library, k, exec)).collect::<Vec<_>>();
    let now = subject.fit(subject.material, subject.body, Reading::Expected);
    let summary = summary(now, &knobs);
    Tuning { knobs, holds: now >= Fit::Holds, summary }
}

/// Whether a measure is one of degradation against tissue.
#[must_use]
pub fn is_matching(measure: &str) -> bool {
    let of_pace = measure.starts_with("matching.") && !matches!(measure, "matching.shielding" | "matching.adequacy");
    of_pace || measure == "degradation.mass_after_10y"
}

/// What is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Expected,
    AllRanges,
}

impl Subject<'_> {
    fn fit(&self, material: &Material, body: &Body, reading: Reading) -> Fit {
        let expected = (material.expected(), self.tissue.expected(), body.expected(material));
        let (material, tissue, body) = match reading {
            Reading::Expected => (&expected.0, &expected.1, &expected.2),
            Reading::AllRanges => (material, self.tissue, body),
        };
        let (figures, _) = assess(material, Some(tissue), body);
        let record = MaterialRecord { compatibility: String::new(), cell_interface: String::new() };
        let declared = Declared { material: Some(record), tissue: Some(tissue.class), ..Declared::default() };
        let checks = judge(self.criteria, &figures, &Context { declared, ..Context::default() });
        let meets = |required: bool| {
            let mut asked = checks.iter().filter(|c| c.rule.required || !required);
            asked.all(|c| matches!(c.verdict, Verdict::Pass | Verdict::Declared))
        };
        match (meets(true), meets(false)) {
            (_, true) => Fit::Good,
            (true, false) => Fit::Holds,
            (false, false) => Fit::Fails,
        }
    }
}

/// A knob with its unit, where it stands and how far it is turned.
type Setting = (Knob, &'static str, f64, (f64, f64));

/// The knobs of a material.
fn knobs(subject: &Subject<'_>) -> Vec<Setting> {
    let (material, body) = (subject.material, subject.body);
    if material.measured.is_some() {
        return Vec::new();
    }
    let about = |now: f64, by: f64| (now / by, now * by);
    let mut all: Vec<Setting> = Vec::new();
    let rate = match material.law {
        Law::SurfaceErosion => material.rate_um_per_day.map(|r| (r.typical, "µm/day")),
        Law::Corrosion => material.rate_mm_per_year.map(|r| (r.typical, "mm/year")),
        _ => None,
    };
    if let Some((now, unit)) = rate {
        let struts = body.strut.or_else(|| body.front.depth.last().map(|d| 2.0 * d));
        all.extend(struts.map(|now| (Knob::Struts, "µm", now, about(now, STRUTS))));
        all.push((Knob::Rate, unit, now, about(now, RATES)));
    }
    if let (Law::FirstOrder, Some(life)) = (material.law, material.half_life_d) {
        all.push((Knob::HalfLife, "days", life.typical, about(life.typical, RATES)));
    }
    if let Some((now, _)) = PLGA.iter().find(|(_, id)| *id == material.id && !material.own) {
        all.push((Knob::Lactide, "%", *now, (PLGA[0].0, PLGA[PLGA.len() - 1].0)));
    }
    if let (Law::BulkHydrolysis | Law::RandomScission, Some(now), Some(least)) =
        (material.law, material.m0_kda, material.m_crit_kda)
    {
        all.push((Knob::Weight, "kDa", now, (1.02 * least, now * WEIGHTS)));
    }
    all
}

/// The material and the body with a knob at a value.
fn at(subject: &Subject<'_>, library: &Library, (knob, _, now, _): Setting, value: f64) -> (Material, Body) {
    let (mut material, mut body) = (subject.material.clone(), subject.body.clone());
    let factor = value / now;
    let times = |range: &mut Option<Range>| *range = range.map(|r| r.map(|v| v * factor));
    match knob {
        Knob::Struts => {
            body.front = body.front.scaled(factor);
            body.ground = body.ground.map(|g| g.scaled(factor));
            body.walls = body.walls.map(|w| w * factor);
            body.thinner = body.thinner.map(|t| t.map(|w| w * factor));
            body.strut = body.strut.map(|s| s * factor);
        }
        Knob::Rate => {
            times(&mut material.rate_um_per_day);
            times(&mut material.rate_mm_per_year);
        }
        Knob::HalfLife => {
            times(&mut material.half_life_d);
            times(&mut material.stiffness_half_life_d);
        }
        Knob::Weight => material.m0_kda = Some(value),
        Knob::Lactide => mix(&mut material, library, value),
    }
    (material, body)
}

/// Gives a material of the family of PLGA the figures of another share of lactide.
fn mix(material: &mut Material, library: &Library, share: f64) {
    let k = PLGA.iter().position(|p| p.0 >= share).unwrap_or(PLGA.len() - 1).max(1);
    let ((a, low), (b, high)) = (PLGA[k - 1], PLGA[k]);
    let (Some(low), Some(high)) = (library.materials.get(low), library.materials.get(high)) else { return };
    let w = ((share - a) / (b - a)).clamp(0.0, 1.0);
    let between = |p: f64, q: f64| (p.ln() * (1.0 - w) + q.ln() * w).exp();
    let one = |p: Option<f64>, q: Option<f64>| Some(between(p?, q?));
    let range = |p: Range, q: Range| Range {
        low: between(p.low, q.low),
        typical: between(p.typical, q.typical),
        high: between(p.high, q.high),
    };
    material.modulus_gpa = range(low.modulus_gpa, high.modulus_gpa);
    material.half_life_d = low.half_life_d.zip(high.half_life_d).map(|(p, q)| range(p, q));
    material.m0_kda = one(low.m0_kda, high.m0_kda);
    material.m_crit_kda = one(low.m_crit_kda, high.m_crit_kda);
    material.mass_half_life_d = one(low.mass_half_life_d, high.mass_half_life_d);
}

/// Turns one knob.
fn turn(subject: &Subject<'_>, library: &Library, setting: Setting, exec: &Exec) -> Tuned {
    let (knob, unit, now, searched) = setting;
    let fit = |value: f64, reading| {
        let (material, body) = at(subject, library, setting, value);
        subject.fit(&material, &body, reading)
    };
    let ratio = searched.1 / searched.0;
    let mut values: Vec<f64> =
        (0..TRIALS).map(|k| searched.0 * ratio.powf(k as f64 / (TRIALS - 1) as f64)).chain([now]).collect();
    values.sort_by(f64::total_cmp);
    let fits: Vec<Fit> = exec
        .map(values.len(), |k| Some(fit(values[k], Reading::Expected)))
        .into_iter()
        .map(|f| f.unwrap_or(Fit::Fails))
        .collect();
    let window = |least: Fit| {
        let meets = |k: usize| fits[k] >= least;
        let far = |k: &usize| (values[*k] / now).ln().abs();
        let nearest = (0..values.len()).filter(|k| meets(*k)).min_by(|a, b| far(a).total_cmp(&far(b)))?;
        let first = (0..=nearest).rev().take_while(|k| meets(*k)).last()?;
        let last = (nearest..values.len()).take_while(|k| meets(*k)).last()?;
        // Between a value that meets and its neighbour that does not.
        let edge = |inside: usize, outside: Option<usize>| {
            let Some(outside) = outside else { return values[inside] };
            let (mut meets, mut fails) = (values[inside], values[outside]);
            for _ in 0..HALVINGS {
                let middle = (meets * fails).sqrt();
                if fit(middle, Reading::Expected) >= least { meets = middle } else { fails = middle }
            }
            meets
        };
        Some((edge(first, first.checked_sub(1)), edge(last, Some(last + 1).filter(|k| *k < values.len()))))
    };
    let (holds, good) = (window(Fit::Holds), window(Fit::Good));
    let over_ranges = good.or(holds).is_some_and(|(a, b)| fit((a * b).sqrt(), Reading::AllRanges) >= Fit::Holds);
    Tuned { knob, unit, now, searched, holds, good, over_ranges }
}

/// A value in words.
fn show(value: f64, unit: &str) -> String {
    format!("{} {unit}", significant(value, 3))
}

/// A window in words.
fn span((low, high): (f64, f64), tuned: &Tuned) -> String {
    let open = |v: f64, end: f64| (v / end - 1.0).abs() < 1e-9;
    match (open(low, tuned.searched.0), open(high, tuned.searched.1)) {
        (true, true) => format!("from {} to {}", show(low, tuned.unit), show(high, tuned.unit)),
        (true, false) => format!("up to {}", show(high, tuned.unit)),
        (false, true) => format!("from {} on", show(low, tuned.unit)),
        (false, false) => format!("{} to {}", significant(low, 3), show(high, tuned.unit)),
    }
}

/// What a knob does, in words.
#[must_use]
pub fn sentence(tuned: &Tuned) -> String {
    let knob = format!("{} (now {})", tuned.knob.name(), show(tuned.now, tuned.unit));
    let Some(holds) = tuned.holds else {
        let (low, high) = (significant(tuned.searched.0, 3), show(tuned.searched.1, tuned.unit));
        return format!("{knob}: no value from {low} to {high} makes it match");
    };
    let good = tuned.good.map_or("never a good fit".to_owned(), |g| format!("a good fit {}", span(g, tuned)));
    let ranges = if tuned.over_ranges { "over all ranges" } else { "at the expected values" };
    format!("{knob}: matches {}, {good}; {ranges}", span(holds, tuned))
}

fn summary(now: Fit, knobs: &[Tuned]) -> String {
    let helps: Vec<String> = knobs
        .iter()
        .filter_map(|t| {
            let window = if now == Fit::Fails { t.holds } else { t.good }?;
            Some(format!("{} {} (now {})", t.knob.name(), span(window, t), significant(t.now, 3)))
        })
        .collect();
    let list = helps.join(", or ");
    match (now, knobs.is_empty(), helps.is_empty()) {
        (Fit::Good, ..) => "at the expected values it is a good fit as it stands".to_owned(),
        (Fit::Fails, true, _) => "this material has no knob to make it match: choose another".to_owned(),
        (Fit::Fails, false, true) => {
            "no knob of this material makes it match, one at a time: choose another".to_owned()
        }
        (Fit::Fails, false, false) => format!("at the expected values it would match with {list}"),
        (Fit::Holds, _, true) => {
            "at the expected values it matches as it stands; no knob makes it a good fit".to_owned()
        }
        (Fit::Holds, _, false) => format!("at the expected values it matches as it stands; a good fit with {list}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria::built_in;
    use crate::fate::front::Front;

    fn body(strut: f64) -> Body {
        let front = Front::strut(strut);
        Body {
            density: 0.1,
            front,
            walls: Some(strut),
            thinner: None,
            strut: Some(strut),
            stiffness: None,
            ground: None,
        }
    }

    fn tuned(material: &str, tissue: &str, change: impl Fn(&mut Material)) -> Tuning {
        let library = Library::built_in().unwrap();
        let mut material = library.material(material).unwrap();
        change(&mut material);
        let (tissue, body, criteria) = (library.tissue(tissue).unwrap(), body(147.0), built_in("review").unwrap());
        let subject = Subject { material: &material, tissue: &tissue, body: &body, criteria: &criteria };
        tune(&subject, &library, &Exec::silent(2).unwrap())
    }

    #[test]
    fn magnesium_wants_slower_corrosion_or_thicker_struts_by_the_same_factor() {
        let tuning = tuned("WE43", "trabecular_contained", |_| {});
        assert!(!tuning.holds);
        let of = |knob| tuning.knobs.iter().find(|t| t.knob == knob).unwrap();
        let (struts, rate) = (of(Knob::Struts), of(Knob::Rate));
        // Mass depends on rate over thickness alone: the windows are reciprocals of each other.
        let (thick, slow) = (struts.holds.unwrap().0 / struts.now, rate.holds.unwrap().1 / rate.now);
        assert!(thick > 2.0 && (thick * slow - 1.0).abs() < 0.03, "{thick} {slow}");
        assert!(tuning.summary.contains("strut thickness") && tuning.summary.contains("rate"), "{}", tuning.summary);
        // At the value that is told it holds, and a little before it does not.
        for (by, expected) in [(slow, true), (slow * 1.05, false)] {
            let turned = tuned("WE43", "trabecular_contained", |m| {
                m.rate_mm_per_year = m.rate_mm_per_year.map(|r| r.map(|v| v * by));
            });
            assert_eq!(turned.holds, expected, "{by}");
        }
    }

    #[test]
    fn the_family_of_plga_is_turned_by_its_lactide() {
        // 50:50 is gone before the tissue, 85:15 is a good fit: between them lies the first share that holds.
        let tuning = tuned("PLGA_50_50", "trabecular_contained", |_| {});
        let lactide = tuning.knobs.iter().find(|t| t.knob == Knob::Lactide).unwrap();
        let (low, _) = lactide.holds.unwrap();
        assert!(!tuning.holds && low > 50.0 && low < 85.0, "{lactide:?}");
        let (from, to) = lactide.good.unwrap();
        assert!(from <= 85.0 && to >= 85.0, "{lactide:?}");
        let library = Library::built_in().unwrap();
        for (share, id) in PLGA {
            let mut material = library.material("PLGA_50_50").unwrap();
            mix(&mut material, &library, share);
            let member = library.material(id).unwrap();
            let (got, truth) = (material.half_life_d.unwrap(), member.half_life_d.unwrap());
            assert!((got.typical / truth.typical - 1.0).abs() < 1e-9, "{id}: {got:?}");
        }
    }

    #[test]
    fn what_cannot_be_tuned_says_so() {
        let titanium = tuned("Ti6Al4V", "trabecular_contained", |_| {});
        assert!(titanium.knobs.is_empty() && !titanium.holds && titanium.summary.contains("no knob"), "{titanium:?}");
        let fits = tuned("PLGA_85_15", "trabecular_contained", |_| {});
        assert!(fits.holds && fits.summary.contains("good fit as it stands"), "{}", fits.summary);
    }
}
