//! The window: the offsets and scales at which all the checks of geometry hold, and the change to take from it; or the
//! checks that exclude each other.
//!
//! Every check is judged at every point of a lattice of offsets and scales, by the same rule as a measured design, from
//! predicted figures with their uncertainty. The ends of a stretch that holds are then found by bisection. Where no point
//! holds, checks are left out one after the other as long as the rest still cannot hold together: what remains is a
//! smallest set that excludes itself (the deletion filter of Chinneck & Dravnieks 1991, doi:10.1287/ijoc.3.2.157). The
//! binding one of them is that of the thinnest strut if it is among them, else the last; the best that the others leave
//! it says by how much it is missed.

use std::collections::BTreeMap;

use super::advise::Question;
use super::response::{Response, SCALES};
use crate::criteria::{Check, Context, Criteria, Verdict, judge};

/// Ratio of neighbouring scales.
const RATIO: f64 = 1.02;

/// Offsets between two that were looked at.
const BETWEEN: usize = 6;

/// Steps of a bisection.
const HALVINGS: usize = 12;

/// How far into a window a change goes: by this share of it at most, and by this part of the struts or of the scale.
const INTO: f64 = 0.3;
const RESERVE: f64 = 0.02;

/// Checks that exclude each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// Ids of the checks, the binding one last.
    pub checks: Vec<String>,
    /// The binding check at its best where the others hold.
    pub best: Check,
    /// The offset and the scale of that best.
    pub at: (f64, f64),
}

/// Verdicts over offsets and scales.
pub(super) struct Window<'a> {
    response: &'a Response<'a>,
    criteria: Criteria,
    context: Context,
    ids: Vec<String>,
    /// Bits of the checks that have to hold.
    pub(super) must: u64,
    offsets: Vec<f64>,
    scales: Vec<f64>,
    /// Bits of the checks that hold, offset by offset.
    bits: Vec<u64>,
    strut: f64,
}

impl<'a> Window<'a> {
    /// Judges everything; `rules` are the checks of geometry, `must` the bits of those that have to hold, `strut` the
    /// width of the struts.
    pub(super) fn new(
        question: &Question<'_>,
        response: &'a Response<'a>,
        criteria: Criteria,
        must: u64,
        strut: f64,
    ) -> Self {
        let context = Context { making: question.making.clone(), from_shells: true, ..Context::default() };
        let mut ids: Vec<String> = criteria.rules.iter().filter_map(|r| r.measure().map(str::to_owned)).collect();
        ids.sort();
        ids.dedup();
        let looked = response.offsets();
        let mut offsets: Vec<f64> = looked
            .windows(2)
            .flat_map(|w| (0..BETWEEN).map(move |k| w[0] + (w[1] - w[0]) * k as f64 / BETWEEN as f64))
            .collect();
        offsets.extend(looked.last());
        let steps = ((SCALES.1 / SCALES.0).ln() / RATIO.ln()).ceil() as i32;
        let below = ((1.0 / SCALES.0).ln() / RATIO.ln()).ceil() as i32;
        let scales = (0..=steps).map(|k| RATIO.powi(k - below)).collect();
        let mut window = Self { response, criteria, context, ids, must, offsets, scales, bits: Vec::new(), strut };
        let mut bits = Vec::with_capacity(window.offsets.len() * window.scales.len());
        for &offset in &window.offsets {
            for &scale in &window.scales {
                bits.push(window.holds(offset, scale));
            }
        }
        window.bits = bits;
        window
    }

    /// The checks at a change.
    pub(super) fn checks(&self, offset: f64, scale: f64) -> Vec<Check> {
        let predicted: BTreeMap<_, _> =
            self.ids.iter().filter_map(|id| Some((id.clone(), self.response.predict(id, offset, scale)?))).collect();
        judge(&self.criteria, &predicted, &self.context)
    }

    /// Bits of the checks that hold at a change.
    pub(super) fn holds(&self, offset: f64, scale: f64) -> u64 {
        let checks = self.checks(offset, scale);
        let passes = |c: &Check| matches!(c.verdict, Verdict::Pass | Verdict::Declared);
        checks.iter().enumerate().filter(|(_, c)| passes(c)).fold(0, |bits, (k, _)| bits | 1 << k)
    }

    /// The stretch of scales nearest to 1 at which the checks of `wanted` hold at an offset.
    pub(super) fn scales(&self, wanted: u64, offset: f64) -> Option<(f64, f64)> {
        let ok: Vec<bool> = match self.offsets.iter().position(|o| *o == offset) {
            Some(row) => self.row(row).iter().map(|b| b & wanted == wanted).collect(),
            None => self.scales.iter().map(|s| self.holds(offset, *s) & wanted == wanted).collect(),
        };
        stretch(&self.scales, &ok, 1.0, |s| self.holds(offset, s) & wanted == wanted)
    }

    /// The stretch of offsets nearest to 0 at which the checks of `wanted` hold at a scale.
    pub(super) fn offsets(&self, wanted: u64, scale: f64) -> Option<(f64, f64)> {
        let ok: Vec<bool> = self.offsets.iter().map(|o| self.holds(*o, scale) & wanted == wanted).collect();
        stretch(&self.offsets, &ok, 0.0, |o| self.holds(o, scale) & wanted == wanted)
    }

    fn row(&self, k: usize) -> &[u64] {
        &self.bits[k * self.scales.len()..(k + 1) * self.scales.len()]
    }

    /// How much a change alters the design: by how much its lengths and its struts change, in relation to them.
    fn cost(&self, offset: f64, scale: f64) -> f64 {
        scale.ln().abs() + 2.0 * offset.abs() / self.strut
    }

    /// The least change after which the checks of `wanted` hold, well inside the window: an offset or a scale alone where
    /// one suffices. `None` when the window is empty.
    pub(super) fn least(&self, wanted: u64) -> Option<(f64, f64)> {
        let mut found: Vec<(f64, f64)> = Vec::new();
        found.extend(self.scales(wanted, 0.0).map(|s| (0.0, self.scale_in(s))));
        found.extend(self.offsets(wanted, 1.0).map(|o| (self.offset_in(o), 1.0)));
        if found.is_empty() {
            let points = (0..self.bits.len()).filter(|&i| self.bits[i] & wanted == wanted);
            let at = |i: usize| (self.offsets[i / self.scales.len()], self.scales[i % self.scales.len()]);
            let first = points.map(at).min_by(|a, b| self.cost(a.0, a.1).total_cmp(&self.cost(b.0, b.1)))?;
            let offset = self.offsets(wanted, first.1).map_or(first.0, |o| self.offset_in(o));
            let (offset, scales) = match self.scales(wanted, offset) {
                Some(scales) => (offset, scales),
                None => (first.0, self.scales(wanted, first.0)?),
            };
            found.push((offset, self.scale_in(scales)));
        }
        found.into_iter().min_by(|a, b| self.cost(a.0, a.1).total_cmp(&self.cost(b.0, b.1)))
    }

    /// A round scale well inside a stretch, as near to 1 as that allows.
    pub(super) fn scale_in(&self, stretch: (f64, f64)) -> f64 {
        into(stretch, 1.0, RESERVE)
    }

    /// A round offset well inside a stretch, as near to 0 as that allows.
    pub(super) fn offset_in(&self, stretch: (f64, f64)) -> f64 {
        into(stretch, 0.0, RESERVE * self.strut)
    }

    /// For each offset at which there are any, the scales at which all that has to holds.
    pub(super) fn rows(&self) -> Vec<(f64, (f64, f64))> {
        self.offsets.iter().filter_map(|o| Some((*o, self.scales(self.must, *o)?))).collect()
    }

    /// Why the checks that have to hold do not hold together anywhere; `None` when they do somewhere.
    pub(super) fn conflict(&self) -> Option<Conflict> {
        let together = |set: u64| self.bits.iter().any(|b| b & set == set);
        if together(self.must) {
            return None;
        }
        let mut set = self.must;
        let strut = |k: usize| self.criteria.rules[k].measure().is_some_and(|m| m.starts_with("strut."));
        let mut order: Vec<usize> = (0..self.criteria.rules.len()).filter(|k| set >> k & 1 == 1).collect();
        // Those that come first are left out first, so that figures for themselves stay before derived ones.
        order.sort_by_key(|k| (strut(*k), std::cmp::Reverse(*k)));
        for &k in &order {
            if !together(set & !(1 << k)) {
                set &= !(1 << k);
            }
        }
        let mut members: Vec<usize> = (0..self.criteria.rules.len()).filter(|k| set >> k & 1 == 1).collect();
        let binding = members.iter().copied().find(|k| strut(*k)).or(members.last().copied())?;
        members.retain(|k| *k != binding);
        let others = set & !(1 << binding);
        let points = (0..self.bits.len()).filter(|&i| self.bits[i] & others == others);
        let best = points
            .map(|i| {
                let at = (self.offsets[i / self.scales.len()], self.scales[i % self.scales.len()]);
                (self.checks(at.0, at.1).swap_remove(binding), at)
            })
            .max_by(|a, b| {
                let margin = |c: &Check| c.margin.unwrap_or(f64::NEG_INFINITY);
                margin(&a.0).total_cmp(&margin(&b.0))
            })?;
        members.push(binding);
        let checks = members.iter().map(|k| self.criteria.rules[*k].id.clone()).collect();
        Some(Conflict { checks, best: best.0, at: best.1 })
    }
}

/// The stretch of values that hold which lies nearest to `home`, with its ends found to a fraction of a step.
fn stretch(values: &[f64], ok: &[bool], home: f64, holds: impl Fn(f64) -> bool) -> Option<(f64, f64)> {
    let mut found: Option<(usize, usize)> = None;
    let mut k = 0;
    while k < values.len() {
        if !ok[k] {
            k += 1;
            continue;
        }
        let from = k;
        while k + 1 < values.len() && ok[k + 1] {
            k += 1;
        }
        let away = |(a, b): (usize, usize)| (values[a] - home).max(home - values[b]).max(0.0);
        if found.is_none_or(|f| away((from, k)) < away(f)) {
            found = Some((from, k));
        }
        k += 1;
    }
    let (from, to) = found?;
    let edge = |mut inner: f64, mut outer: f64| {
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(inner, outer);
            if holds(middle) { inner = middle } else { outer = middle }
        }
        inner
    };
    let low = if from > 0 { edge(values[from], values[from - 1]) } else { values[from] };
    let high = if to + 1 < values.len() { edge(values[to], values[to + 1]) } else { values[to] };
    Some((low, high))
}

/// A round number inside a stretch, near to its end at `home` but not at it; `home` itself where it lies inside.
fn into((low, high): (f64, f64), home: f64, reserve: f64) -> f64 {
    if (low..=high).contains(&home) {
        return home;
    }
    let step = (INTO * (high - low)).min(reserve);
    let exact = if home < low { low + step } else { high - step };
    let fits = |v: f64| (low..=high).contains(&v) && (v - exact).abs() <= 0.5 * step.max(f64::MIN_POSITIVE);
    let round = |exponent: i32| [5.0, 2.0, 1.0].map(|m| m * 10f64.powi(exponent));
    (-6..3)
        .rev()
        .flat_map(round)
        .map(|grain| {
            // Divided, not multiplied, so that a decimal number comes out as the nearest one.
            let n = (exact / grain).round();
            if grain < 1.0 { n / (1.0 / grain).round() } else { n * grain }
        })
        .find(|v| fits(*v))
        .unwrap_or(exact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_ends_where_it_ends() {
        let values: Vec<f64> = (-10..=10).map(f64::from).collect();
        let holds = |v: f64| (2.3..=4.8).contains(&v) || v < -7.4;
        let ok: Vec<bool> = values.iter().map(|v| holds(*v)).collect();
        let (low, high) = stretch(&values, &ok, 0.0, holds).unwrap();
        assert!((low - 2.3).abs() < 1e-3 && (high - 4.8).abs() < 1e-3, "{low} {high}");
        assert_eq!(stretch(&values, &[false; 21], 0.0, holds), None);
    }

    #[test]
    fn a_change_is_round_and_inside() {
        assert_eq!(into((-1.0, 2.0), 0.0, 1.0), 0.0);
        assert_eq!(into((1.0607, 4.0), 1.0, 0.02), 1.08);
        assert_eq!(into((-40.0, -11.13), 0.0, 2.0), -14.0);
        let tight = into((1.0601, 1.0604), 1.0, 0.02);
        assert!((1.0601..=1.0604).contains(&tight), "{tight}");
    }
}
