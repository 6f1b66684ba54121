//! How soon tissue fills the void of a body: the readings of its ranges, and the figures that follow.

use std::collections::BTreeMap;

use super::assess::{Body, measurement};
use super::degradation::{Course, Pick};
use super::growth::{CURVATURE, Calibrated, Growing, GrowthLaw, Host};
use super::healing::Healing;
use super::library::{Material, Range, Tissue};
use crate::design::{Finding, Severity};
use crate::measure::Measurement;
use crate::units::{Unit, significant};

/// Share of the void that tissue may leave out without a word.
const MISSED: f64 = 0.01;

/// How the void fills, over the readings of tissue and material.
pub(super) struct Growings {
    /// As is to be expected.
    pub(super) typical: Growing,
    /// Soonest and latest, where the material goes soonest.
    fast: [Growing; 2],
    /// The same where it stays longest.
    slow: [Growing; 2],
}

impl Growings {
    /// Soonest and latest at an end of the ranges of the material.
    pub(super) fn ends(&self, pick: Pick) -> &[Growing; 2] {
        if pick == Pick::Slow { &self.slow } else { &self.fast }
    }

    /// The range of a figure.
    fn range(&self, of: fn(&Growing) -> f64) -> Range {
        let all = || std::iter::once(&self.typical).chain(&self.fast).chain(&self.slow).map(of);
        Range {
            low: all().fold(f64::INFINITY, f64::min),
            typical: of(&self.typical),
            high: all().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

/// How the void fills. Without ground, or where the tissue lacks a rate that its law takes, by the calibrated curve.
pub(super) fn growings(material: &Material, tissue: &Tissue, body: &Body) -> Growings {
    let rate = |pick| Course::new(material, &body.front, pick).rate().unwrap_or(0.0);
    let of = |pick: Pick, goes: f64| growing(tissue, body, pick, goes);
    let ends = |rate: f64| [of(Pick::Fast, rate), of(Pick::Slow, rate)];
    let fast = ends(rate(Pick::Fast));
    let slow = if material.erodes() && body.ground.is_some() { ends(rate(Pick::Slow)) } else { fast.clone() };
    Growings { typical: of(Pick::Typical, rate(Pick::Typical)), fast, slow }
}

/// How the void fills at one end of the ranges of the tissue, where a front of degradation moves at `rate` µm a day.
fn growing(tissue: &Tissue, body: &Body, pick: Pick, rate: f64) -> Growing {
    let end = |r: Range, soon: f64, late: f64| match pick {
        Pick::Fast => soon,
        Pick::Typical => r.typical,
        Pick::Slow => late,
    };
    let days = |r: Range| end(r, r.low, r.high);
    let speed = |r: Range| end(r, r.high, r.low);
    let lag = days(tissue.lag_d);
    let healing = match &tissue.measured {
        Some(filling) => Calibrated::Measured(filling.clone()),
        None => Calibrated::Anchors(Healing { lag, t50: days(tissue.t50_d), t90: days(tissue.t90_d) }),
    };
    let by_curve = |healing| Growing::new(Some(healing), None);
    let Some(ground) = body.ground.as_ref().filter(|g| g.law.lacks(tissue).is_none()) else {
        return by_curve(healing);
    };
    let local = match ground.law {
        GrowthLaw::Healing => return by_curve(healing),
        GrowthLaw::Curvature => Some(tissue.curvature_um2_per_day.unwrap_or(CURVATURE)),
        GrowthLaw::Apposition | GrowthLaw::Slower => tissue.apposition_um_per_day,
    };
    let (Some(front), Some(local)) = (tissue.ingrowth_um_per_day, local) else { return by_curve(healing) };
    let filling = ground.filling(lag, speed(front), speed(local), rate);
    Growing::new((ground.law == GrowthLaw::Slower).then_some(healing), Some(filling))
}

/// The days of half and of nine tenths of the tissue, and what of the void it does not fill.
pub(super) fn tissue_days(
    tissue: &Tissue,
    body: &Body,
    growings: &Growings,
    figures: &mut BTreeMap<String, Measurement>,
    findings: &mut Vec<Finding>,
) {
    let law = body.ground.as_ref().map_or(GrowthLaw::Healing, |g| g.law);
    let by = match law {
        GrowthLaw::Healing if tissue.measured.is_some() => "its measured healing curve",
        GrowthLaw::Healing => "the calibrated healing curve",
        GrowthLaw::Apposition => "a front from the host through the void, then apposition on the surfaces",
        GrowthLaw::Curvature => "a front from the host through the void, then growth by the surfaces' curvature",
        GrowthLaw::Slower => "the slower of the calibrated healing curve and of front and apposition in the void",
    };
    for (id, part, of) in
        [("tissue.t50_day", "half", (|g| g.t50) as fn(&Growing) -> f64), ("tissue.t90_day", "nine tenths", |g| g.t90)]
    {
        let method = format!("day on which {part} of the void are filled, a century at most; {}, by {by}", tissue.id);
        figures.insert(id.to_owned(), measurement(growings.range(of), Unit::Day, &method, !tissue.own));
    }
    let Some(ground) = &body.ground else { return };
    let method = "share of the void to which a way leads at first from the host that is wide enough";
    figures.insert("tissue.reached".to_owned(), measurement(Range::exactly(ground.reached), Unit::One, method, false));
    if ground.host == Host::Everywhere {
        let message = "a repeating cell has no outside: no front comes from a host, and tissue grows in all of it from the \
                       start; the whole part fills later, from its faces inward";
        findings.push(Finding::new("tissue.no_front", Severity::Warning, message.to_owned()));
    }
    if ground.reached < 1.0 - MISSED {
        let later = if ground.opened > ground.reached + MISSED {
            format!(", until the front of degradation opens the way to {} %", significant(100.0 * ground.opened, 3))
        } else {
            String::new()
        };
        findings.push(Finding::new(
            "tissue.unreached",
            Severity::Warning,
            format!(
                "tissue from the host reaches {} % of the void: what is left lies behind narrower throats or is \
                 closed{later}",
                significant(100.0 * ground.reached, 3)
            ),
        ));
    }
    if ground.covered < ground.opened - MISSED {
        findings.push(Finding::new(
            "tissue.stands",
            Severity::Warning,
            format!(
                "growth by curvature comes to a stand when {} % of the void are filled: no surface that is left is concave",
                significant(100.0 * ground.covered, 3)
            ),
        ));
    }
}
