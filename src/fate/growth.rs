//! How the void fills with tissue: by a curve that was calibrated, or by growth in the void as it is.
//!
//! Growth in the void has two parts. A front comes from the host along the ways through the void
//! ([`ingrowth`](super::ingrowth)), a length L at the speed u. Where it has come, tissue grows from the surfaces:
//!
//! - by apposition, at a constant pace v: a place at the distance d from the surface is filled d/v later. In a round
//!   channel of radius R that fills 1 − (1 − v t/R)².
//! - by curvature, at the pace A κ where the surface is concave: a place is filled s/A later, s being the time of the flow
//!   by curvature ([`curvature`](crate::voxel::curvature)). A round channel of diameter d fills in d²/8A, any prismatic one
//!   in area/2πA (Bidan et al. 2012, doi:10.1371/journal.pone.0036336; Guyot et al. 2014,
//!   doi:10.1007/s10237-014-0577-5, who take the sum of both curvatures). Surfaces that are nowhere concave stay bare.
//!
//! So a place is filled on the day lag + L/u + d/v, or lag + L/u + s/A: the parts of a way are taken one after the other,
//! and growth within the last pore as if the front came to all of it at once. L and d or s are kept as the shares of the
//! void in classes of both, so that the curve for any speeds is a sorting of the classes. Shares are of all void in the
//! body: what tissue cannot reach keeps the curve below 1.
//!
//! Where a front of degradation moves into the solid at a pace r, ways open ([`opening`](super::opening)) on day o/r, o
//! being how deep it is then, so that tissue is there on day max(lag + L/u, o/r); and void is freed
//! ([`freed`](super::freed)), which counts from the day on which it is void. The share of the void that is filled may fall
//! then: void opens sooner than tissue fills it.

use std::collections::BTreeMap;

use super::healing::Healing;
use super::ingrowth::Ways;
use super::library::{Range, Tissue};
use crate::grid::{Frame, Mask};
use crate::parallel::Exec;

/// Days of a century: what takes longer counts as taking that long.
pub const CENTURY: f64 = 36_525.0;

/// A in µm² a day where a tissue has none of its own: 4·10⁻¹⁴ m²/s, cells on titanium in a bioreactor, fitted by Guyot et
/// al. 2014; on calcium phosphate considerably slower.
pub const CURVATURE: Range = Range::exactly(3456.0);

/// Classes of L, and of d or s.
const WAYS: usize = 96;
const LOCALS: usize = 192;

/// Parts of the grid that are summed up each by itself.
const SLABS: usize = 16;

/// Places in a voxel that stand for it: offsets of L and of d in voxels.
const INSIDE: [(f64, f64); 5] = [(-0.4, 0.0), (-0.2, 0.4), (0.0, -0.2), (0.2, 0.2), (0.4, -0.4)];

/// By what law tissue grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrowthLaw {
    /// The calibrated curve of the tissue: a lag, a half and nine tenths.
    #[default]
    Healing,
    /// A front from the host, then a constant pace from the surfaces.
    Apposition,
    /// A front from the host, then the pace of the surfaces' curvature.
    Curvature,
    /// On each day the lesser of the calibrated curve and apposition.
    Slower,
}

impl GrowthLaw {
    /// Name in options and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healing => "healing",
            Self::Apposition => "apposition",
            Self::Curvature => "curvature",
            Self::Slower => "slower",
        }
    }

    /// The rate that a tissue has to have for this law and has not.
    #[must_use]
    pub fn lacks(self, tissue: &Tissue) -> Option<&'static str> {
        match self {
            Self::Healing => None,
            _ if tissue.ingrowth_um_per_day.is_none() => Some("ingrowth_um_per_day"),
            Self::Curvature => None,
            Self::Apposition | Self::Slower => {
                tissue.apposition_um_per_day.is_none().then_some("apposition_um_per_day")
            }
        }
    }
}

/// Where tissue comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Host {
    /// From all round the body, through its faces.
    #[default]
    Around,
    /// From everywhere: a repeating cell has no faces that a front could come through.
    Everywhere,
}

/// A part of the void, or of what becomes void, of like ways.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Class {
    /// Mean way from the host, in µm; infinite where none leads.
    pub way: f64,
    /// Depth of the front at which the way opens, in µm; 0 where it is open at first.
    pub opened: f64,
    /// Mean distance from the surface in µm, or time of the flow by curvature in µm².
    pub local: f64,
    /// Depth of the front at which it is freed, in µm; 0 where it is void at first.
    pub depth: f64,
    /// Share of the void.
    pub share: f64,
}

impl Class {
    /// Takes in a place of a share: means become sums until [`Self::mean`].
    pub(super) fn add(&mut self, place: &Self) {
        let share = place.share;
        self.merge(&Self {
            way: share * place.way,
            opened: share * place.opened,
            local: share * place.local,
            depth: share * place.depth,
            share,
        });
    }

    /// Takes in sums.
    pub(super) fn merge(&mut self, sums: &Self) {
        self.way += sums.way;
        self.opened += sums.opened;
        self.local += sums.local;
        self.depth += sums.depth;
        self.share += sums.share;
    }

    /// Means from sums.
    pub(super) fn mean(self) -> Self {
        let of = |sum: f64| sum / self.share;
        Self { way: of(self.way), opened: of(self.opened), local: of(self.local), depth: of(self.depth), ..self }
    }

    /// The day on which it is filled, and that on which it is void: when growth begins after `lag` days, the front of
    /// tissue moves at `front` µm a day, tissue grows at `local` µm or µm² a day, and the front of degradation moves at
    /// `rate` µm a day.
    fn days(&self, lag: f64, front: f64, local: f64, rate: f64) -> (f64, f64) {
        let passed = |depth: f64| if depth > 0.0 { depth / rate } else { 0.0 };
        let there = (lag + self.way / front).max(passed(self.opened));
        let void = passed(self.depth);
        ((there + self.local / local).max(void), void)
    }
}

/// What of the void decides how tissue fills it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ground {
    /// The law that it was made for.
    pub law: GrowthLaw,
    /// Where the front comes from.
    pub host: Host,
    classes: Vec<Class>,
    /// What a front of degradation frees.
    freed: Vec<Class>,
    /// Share of the void that the front reaches at first.
    pub reached: f64,
    /// Share that it reaches in the end, when a front of degradation has opened ways.
    pub opened: f64,
    /// Share of the void that growth covers in the end.
    pub covered: f64,
}

impl Ground {
    /// From the ways and the distances or times of all voxels of the void. Distances are spread over their voxel by
    /// `spread` µm; times by none. `freed` is what a front of degradation frees, with shares in voxels.
    #[must_use]
    pub fn new(
        law: GrowthLaw,
        frame: &Frame,
        void: &Mask,
        ways: &Ways,
        (locals, spread): (&[f32], f64),
        freed: Vec<Class>,
        exec: &Exec,
    ) -> Self {
        let finite = |v: &[f32]| f64::from(v.iter().copied().filter(|v| v.is_finite()).fold(0.0, f32::max));
        let (longest, last) = (finite(&ways.length), finite(locals));
        let (h, way_class, local_class) =
            (frame.coarsest(), longest.max(1e-9) / WAYS as f64, last.max(1e-9) / LOCALS as f64);
        let slab = frame.size[2].div_ceil(SLABS).max(1);
        let slabs = exec.map(frame.size[2].div_ceil(slab), |s| {
            let mut sums = vec![Class::default(); WAYS * LOCALS];
            // Those whose way opens later, by when it does.
            let mut late: BTreeMap<(u32, usize), Class> = BTreeMap::new();
            let (mut all, mut reached, mut opened) = (0u64, 0u64, 0u64);
            let planes = s * slab..((s + 1) * slab).min(frame.size[2]);
            for (y, z) in planes.flat_map(|z| (0..frame.size[1]).map(move |y| (y, z))) {
                let first = frame.index(0, y, z);
                void.runs(y, z, |from, to| {
                    for i in first + from..first + to {
                        let when = ways.opened.get(i).copied().unwrap_or(0.0);
                        all += 1;
                        opened += u64::from(ways.length[i].is_finite());
                        reached += u64::from(ways.length[i].is_finite() && when <= 0.0);
                        if !ways.length[i].is_finite() || !locals[i].is_finite() {
                            continue;
                        }
                        for (along, off) in INSIDE {
                            let way = (f64::from(ways.length[i]) + along * h).clamp(0.0, longest);
                            let local = (f64::from(locals[i]) + off * spread).clamp(0.0, last);
                            let w = ((way / way_class) as usize).min(WAYS - 1);
                            let l = ((local / local_class) as usize).min(LOCALS - 1);
                            let k = w * LOCALS + l;
                            let class =
                                if when > 0.0 { late.entry((when.to_bits(), k)).or_default() } else { &mut sums[k] };
                            let share = 1.0 / INSIDE.len() as f64;
                            class.add(&Class { way, opened: f64::from(when), local, depth: 0.0, share });
                        }
                    }
                });
            }
            (sums, late, [all, reached, opened])
        });
        let mut classes = vec![Class::default(); WAYS * LOCALS];
        let mut late: BTreeMap<(u32, usize), Class> = BTreeMap::new();
        let mut counts = [0u64; 3];
        for (sums, more, counted) in slabs {
            classes.iter_mut().zip(&sums).for_each(|(class, s)| class.merge(s));
            more.iter().for_each(|(key, s)| late.entry(*key).or_default().merge(s));
            counts.iter_mut().zip(counted).for_each(|(count, c)| *count += c);
        }
        classes.extend(late.into_values());
        classes.retain(|c| c.share > 0.0);
        let [all, reached, opened] = counts.map(|c| c as f64);
        let all = all.max(1.0);
        let of_void = |class: Class| Class { share: class.share / all, ..class.mean() };
        let classes: Vec<Class> = classes.into_iter().map(of_void).collect();
        let freed = freed.into_iter().map(|class| Class { share: class.share / all, ..class }).collect();
        let covered = classes.iter().map(|c| c.share).sum();
        Self { law, host: Host::Around, classes, freed, reached: reached / all, opened: opened / all, covered }
    }

    /// How it fills when growth begins after `lag` days, the front moves at `front` µm a day, tissue grows at `local` µm
    /// or µm² a day, and a front of degradation moves at `rate` µm a day, 0 where there is none.
    #[must_use]
    pub fn filling(&self, lag: f64, front: f64, local: f64, rate: f64) -> Filling {
        let days = |c: &Class| c.days(lag, front, local, rate);
        let by_day = |items: &mut Vec<(f64, f64)>| {
            items.retain(|item| item.0.is_finite());
            items.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        };
        let mut filled: Vec<(f64, f64)> =
            self.classes.iter().chain(&self.freed).map(|c| (days(c).0, c.share)).collect();
        let mut opened: Vec<(f64, f64)> = self.freed.iter().map(|c| (days(c).1, c.share)).collect();
        by_day(&mut filled);
        by_day(&mut opened);
        let mut filling = Filling { days: vec![lag], share: vec![0.0] };
        let (mut tissue, mut void) = (0.0, 1.0);
        let (mut filled, mut opened) = (filled.into_iter().peekable(), opened.into_iter().peekable());
        loop {
            let (next, opens) = (filled.peek().map(|f| f.0), opened.peek().map(|o| o.0));
            let freed_first = opens.is_some_and(|o| next.is_none_or(|f| o <= f));
            let Some((day, share)) = (if freed_first { opened.next() } else { filled.next() }) else { break };
            if day > lag {
                filling.days.push(day);
                filling.share.push(tissue / void);
            }
            *(if freed_first { &mut void } else { &mut tissue }) += share;
        }
        if let Some(last) = filling.days.last().copied().filter(|_| tissue > 0.0) {
            filling.days.push(last);
            filling.share.push(tissue / void);
        }
        filling
    }

    /// The same in a design that is scaled by a factor.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let local = if self.law == GrowthLaw::Curvature { factor * factor } else { factor };
        let mut scaled = self.clone();
        for class in scaled.classes.iter_mut().chain(&mut scaled.freed) {
            class.way *= factor;
            class.opened *= factor;
            class.local *= local;
            class.depth *= factor;
        }
        scaled
    }
}

/// A course of filling: shares on rising days.
#[derive(Clone, Debug, PartialEq)]
pub struct Filling {
    days: Vec<f64>,
    share: Vec<f64>,
}

impl Filling {
    /// From a measured curve: shares on rising days.
    pub(super) fn measured(days: Vec<f64>, share: Vec<f64>) -> Self {
        Self { days, share }
    }

    /// The last day on which nothing is filled; the first where something is from the start.
    pub(super) fn lag(&self) -> f64 {
        let begins = self.share.iter().take_while(|s| **s <= 0.0).count();
        self.days[begins.saturating_sub(1)]
    }

    /// Share of the void that is filled after `t` days.
    #[must_use]
    pub fn fill(&self, t: f64) -> f64 {
        let k = self.days.partition_point(|d| *d <= t);
        match (k.checked_sub(1), self.days.get(k)) {
            (None, _) => 0.0,
            (Some(j), None) => self.share[j],
            (Some(j), Some(next)) => {
                let part = (t - self.days[j]) / (next - self.days[j]);
                self.share[j] + part * (self.share[k] - self.share[j])
            }
        }
    }

    /// The first day on which this share is filled; a century where it never is.
    #[must_use]
    pub fn day_of(&self, share: f64) -> f64 {
        let Some(k) = self.share.iter().position(|s| *s >= share) else { return CENTURY };
        match k.checked_sub(1) {
            None => self.days[0],
            Some(j) => {
                let part = (share - self.share[j]) / (self.share[k] - self.share[j]);
                (self.days[j] + part * (self.days[k] - self.days[j])).min(CENTURY)
            }
        }
    }
}

/// A curve of healing as such: through its anchors, or as it was measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Calibrated {
    /// Through a lag, a half and nine tenths.
    Anchors(Healing),
    /// As measured.
    Measured(Filling),
}

impl Calibrated {
    fn fill(&self, t: f64) -> f64 {
        match self {
            Self::Anchors(healing) => healing.fill(t),
            Self::Measured(filling) => filling.fill(t),
        }
    }

    fn days(&self) -> (f64, f64) {
        match self {
            Self::Anchors(healing) => (healing.t50, healing.t90),
            Self::Measured(filling) => (filling.day_of(0.5), filling.day_of(0.9)),
        }
    }
}

/// How the void fills, by whichever law.
#[derive(Clone, Debug, PartialEq)]
pub struct Growing {
    healing: Option<Calibrated>,
    filling: Option<Filling>,
    /// Day on which half of the void is filled, a century at most.
    pub t50: f64,
    /// Day on which nine tenths are.
    pub t90: f64,
}

impl Growing {
    /// By a calibrated curve, by growth in the void, or by whichever is slower where both are given.
    #[must_use]
    pub fn new(healing: Option<Calibrated>, filling: Option<Filling>) -> Self {
        let (half, most) = healing.as_ref().map_or((0.0, 0.0), Calibrated::days);
        let day = |share: f64| filling.as_ref().map_or(0.0, |f| f.day_of(share));
        let (t50, t90) = (day(0.5).max(half), day(0.9).max(most));
        Self { healing, filling, t50, t90 }
    }

    /// Share of the void that is filled after `t` days.
    #[must_use]
    pub fn fill(&self, t: f64) -> f64 {
        let calibrated = self.healing.as_ref().map_or(1.0, |h| h.fill(t));
        calibrated.min(self.filling.as_ref().map_or(1.0, |f| f.fill(t)))
    }
}

impl From<Healing> for Growing {
    fn from(healing: Healing) -> Self {
        Self::new(Some(Calibrated::Anchors(healing)), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Border;
    use crate::limits::Limits;
    use crate::voxel::curvature::covering_times;

    /// A channel along z, 30 planes deep, where `signed` is positive; the host lies at z = 0.
    fn channel(law: GrowthLaw, signed: impl Fn(f64, f64) -> f64) -> Ground {
        let h = 10.0;
        let frame = Frame { size: [44, 44, 30], spacing: [h; 3], origin: [h / 2.0; 3] };
        let exec = Exec::silent(2).unwrap();
        let phi: Vec<f32> = (0..frame.len())
            .map(|i| {
                let p = frame.centre(frame.voxel(i));
                signed(p[0] - 221.0, p[1] - 217.0) as f32
            })
            .collect();
        let mut void = Mask::empty(frame.size);
        for (i, _) in phi.iter().enumerate().filter(|p| *p.1 >= 0.0) {
            let [x, y, z] = frame.voxel(i);
            void.insert(x, y, z);
        }
        let length: Vec<f32> = (0..frame.len()).map(|i| frame.centre(frame.voxel(i))[2] as f32).collect();
        let ways = Ways { length, opened: Vec::new() };
        if law == GrowthLaw::Curvature {
            let limits = Limits { memory: 1 << 30 };
            let times = covering_times(&frame, Border::Open, &phi, &void, &limits, &exec).unwrap();
            return Ground::new(law, &frame, &void, &ways, (&times, 0.0), Vec::new(), &exec);
        }
        Ground::new(law, &frame, &void, &ways, (&phi, h), Vec::new(), &exec)
    }

    const R: f64 = 200.0;

    fn circle(x: f64, y: f64) -> f64 {
        R - x.hypot(y)
    }

    #[test]
    fn apposition_fills_a_round_channel_as_on_paper() {
        let (v, lag) = (0.6, 14.0);
        let filling = channel(GrowthLaw::Apposition, circle).filling(lag, 1e12, v, 0.0);
        assert_eq!(filling.fill(lag), 0.0);
        for t in [20.0, 60.0, 150.0, 250.0, 330.0] {
            let truth = 1.0 - (1.0 - v * t / R).powi(2);
            let got = filling.fill(lag + t);
            assert!((got - truth).abs() < 0.01, "{t}: {got} against {truth}");
        }
        // Half of it at R (1 − √½)/v.
        let half = lag + R * (1.0 - 0.5f64.sqrt()) / v;
        assert!((filling.day_of(0.5) / half - 1.0).abs() < 0.02, "{} against {half}", filling.day_of(0.5));
        assert!((filling.fill(filling.day_of(0.9)) - 0.9).abs() < 1e-6);
    }

    #[test]
    fn a_front_is_at_u_times_t_and_both_add_up() {
        let ground = channel(GrowthLaw::Apposition, circle);
        let (u, depth) = (25.0, 300.0);
        let front = ground.filling(0.0, u, 1e12, 0.0);
        for t in [1.0, 3.0, 7.0, 11.0] {
            assert!((front.fill(t) - u * t / depth).abs() < 0.02, "{t}: {}", front.fill(t));
        }
        // Fill on day t is the mean over z of 1 − (1 − v (t − z/u)/R)².
        let (u, v, t) = (3.0, 0.6, 120.0);
        let both = ground.filling(0.0, u, v, 0.0);
        let n = 3000;
        let at = |k: usize| {
            let late: f64 = t - (k as f64 + 0.5) / n as f64 * depth / u;
            1.0 - (1.0 - v * late.max(0.0) / R).max(0.0).powi(2)
        };
        let truth = (0..n).map(at).sum::<f64>() / n as f64;
        assert!((both.fill(t) - truth).abs() < 0.01, "{} against {truth}", both.fill(t));
    }

    #[test]
    fn curvature_closes_circle_and_square_at_area_over_two_pi_a() {
        let a = CURVATURE.typical;
        let square = |x: f64, y: f64| R - x.abs().max(y.abs());
        for (area, ground) in [
            (std::f64::consts::PI * R * R, channel(GrowthLaw::Curvature, circle)),
            (4.0 * R * R, channel(GrowthLaw::Curvature, square)),
        ] {
            let filling = ground.filling(0.0, 1e12, a, 0.0);
            let close = area / (std::f64::consts::TAU * a);
            let (half, whole) = (filling.day_of(0.5), filling.day_of(0.995));
            assert!((half / (0.5 * close) - 1.0).abs() < 0.05, "{half} against {}", 0.5 * close);
            assert!((whole / close - 1.0).abs() < 0.05, "{whole} against {close}");
            assert!((ground.covered - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn twice_the_size_takes_twice_as_long_or_four_times() {
        for (law, factor) in [(GrowthLaw::Apposition, 2.0), (GrowthLaw::Curvature, 4.0)] {
            let ground = channel(law, circle);
            let (one, two) = (ground.filling(0.0, 1e12, 50.0, 0.0), ground.scaled(2.0).filling(0.0, 1e12, 50.0, 0.0));
            assert!((two.day_of(0.7) / one.day_of(0.7) - factor).abs() < 1e-6, "{law:?}");
        }
    }

    #[test]
    fn the_slower_of_both_counts_and_what_is_never_filled_takes_a_century() {
        let healing = Healing { lag: 14.0, t50: 70.0, t90: 150.0 };
        let filling = channel(GrowthLaw::Slower, circle).filling(14.0, 1e12, 0.6, 0.0);
        let both = Growing::new(Some(Calibrated::Anchors(healing)), Some(filling.clone()));
        for t in [30.0, 70.0, 200.0, 400.0] {
            assert_eq!(both.fill(t), healing.fill(t).min(filling.fill(t)));
        }
        assert_eq!(both.t90, filling.day_of(0.9).max(150.0));
        let half = Filling { days: vec![0.0, 10.0], share: vec![0.0, 0.5] };
        assert_eq!((half.day_of(0.9), half.fill(1e9)), (CENTURY, 0.5));
    }
}
