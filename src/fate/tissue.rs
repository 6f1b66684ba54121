//! How soon tissue fills the void of a body: the readings of its ranges, and the figures that follow.

use std::collections::BTreeMap;

use super::assess::{Body, measurement};
use super::degradation::Pick;
use super::growth::{CURVATURE, Growing, GrowthLaw, Host};
use super::healing::Healing;
use super::library::{Range, Tissue};
use crate::design::{Finding, Severity};
use crate::measure::Measurement;
use crate::units::{Unit, significant};

/// Share of the void that tissue may leave out without a word.
const MISSED: f64 = 0.01;

/// How the void fills: as is to be expected, soonest and latest. Without ground, or where the tissue lacks a rate that its
/// law takes, by the calibrated curve.
pub(super) fn growings(tissue: &Tissue, body: &Body) -> [Growing; 3] {
    let end = |r: Range, pick: Pick, soon: f64, late: f64| match pick {
        Pick::Fast => soon,
        Pick::Typical => r.typical,
        Pick::Slow => late,
    };
    let days = |r: Range, pick| end(r, pick, r.low, r.high);
    let speed = |r: Range, pick| end(r, pick, r.high, r.low);
    [Pick::Typical, Pick::Fast, Pick::Slow].map(|pick| {
        let lag = days(tissue.lag_d, pick);
        let healing = Healing { lag, t50: days(tissue.t50_d, pick), t90: days(tissue.t90_d, pick) };
        let Some(ground) = body.ground.as_ref().filter(|g| g.law.lacks(tissue).is_none()) else {
            return Growing::from(healing);
        };
        let local = match ground.law {
            GrowthLaw::Healing => return Growing::from(healing),
            GrowthLaw::Curvature => Some(tissue.curvature_um2_per_day.unwrap_or(CURVATURE)),
            GrowthLaw::Apposition | GrowthLaw::Slower => tissue.apposition_um_per_day,
        };
        let (Some(front), Some(local)) = (tissue.ingrowth_um_per_day, local) else { return Growing::from(healing) };
        let filling = ground.filling(lag, speed(front, pick), speed(local, pick));
        Growing::new((ground.law == GrowthLaw::Slower).then_some(healing), Some(filling))
    })
}

/// The days of half and of nine tenths of the tissue, and what of the void it does not fill.
pub(super) fn tissue_days(
    tissue: &Tissue,
    body: &Body,
    growings: &[Growing; 3],
    figures: &mut BTreeMap<String, Measurement>,
    findings: &mut Vec<Finding>,
) {
    let law = body.ground.as_ref().map_or(GrowthLaw::Healing, |g| g.law);
    let by = match law {
        GrowthLaw::Healing => "the calibrated healing curve",
        GrowthLaw::Apposition => "a front from the host through the void, then apposition on the surfaces",
        GrowthLaw::Curvature => "a front from the host through the void, then growth by the surfaces' curvature",
        GrowthLaw::Slower => "the slower of the calibrated healing curve and of front and apposition in the void",
    };
    let [typical, soonest, latest] = growings;
    for (id, part, of) in
        [("tissue.t50_day", "half", (|g| g.t50) as fn(&Growing) -> f64), ("tissue.t90_day", "nine tenths", |g| g.t90)]
    {
        let range = Range { low: of(soonest), typical: of(typical), high: of(latest) };
        let method = format!("day on which {part} of the void are filled, a century at most; {}, by {by}", tissue.id);
        figures.insert(id.to_owned(), measurement(range, Unit::Day, &method, !tissue.own));
    }
    let Some(ground) = &body.ground else { return };
    let method = "share of the void to which a way leads from the host that is wide enough";
    figures.insert("tissue.reached".to_owned(), measurement(Range::exactly(ground.reached), Unit::One, method, false));
    if ground.host == Host::Everywhere {
        let message = "a repeating cell has no outside: no front comes from a host, and tissue grows in all of it from the \
                       start; the whole part fills later, from its faces inward";
        findings.push(Finding::new("tissue.no_front", Severity::Warning, message.to_owned()));
    }
    if ground.reached < 1.0 - MISSED {
        findings.push(Finding::new(
            "tissue.unreached",
            Severity::Warning,
            format!(
                "tissue from the host reaches {} % of the void: what is left lies behind narrower throats or is closed",
                significant(100.0 * ground.reached, 3)
            ),
        ));
    }
    if ground.covered < ground.reached - MISSED {
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
