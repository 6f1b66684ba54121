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
//! and growth within the last pore as if the front came to all of it at once. Void that was solid at first is not counted.
//! L and d or s are kept as the shares of the void in classes of both, so that the curve for any speeds is a sorting of
//! the classes. Shares are of all void in the body: what tissue cannot reach keeps the curve below 1.

use super::healing::Healing;
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

/// A part of the void of like ways.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Class {
    /// Mean way from the host, in µm.
    way: f64,
    /// Mean distance from the surface in µm, or time of the flow by curvature in µm².
    local: f64,
    /// Share of the void.
    share: f64,
}

/// What of the void decides how tissue fills it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ground {
    /// The law that it was made for.
    pub law: GrowthLaw,
    /// Where the front comes from.
    pub host: Host,
    classes: Vec<Class>,
    /// Share of the void that the front reaches.
    pub reached: f64,
    /// Share of the void that growth covers in the end.
    pub covered: f64,
}

impl Ground {
    /// From the ways (µm, infinite where none leads) and the distances or times of all voxels of the void. Distances are
    /// spread over their voxel by `spread` µm; times by none.
    #[must_use]
    pub fn new(
        law: GrowthLaw,
        frame: &Frame,
        void: &Mask,
        ways: &[f32],
        locals: &[f32],
        spread: f64,
        exec: &Exec,
    ) -> Self {
        let finite = |v: &[f32]| f64::from(v.iter().copied().filter(|v| v.is_finite()).fold(0.0, f32::max));
        let (longest, last) = (finite(ways), finite(locals));
        let (h, way_class, local_class) =
            (frame.coarsest(), longest.max(1e-9) / WAYS as f64, last.max(1e-9) / LOCALS as f64);
        let slab = frame.size[2].div_ceil(SLABS).max(1);
        let slabs = exec.map(frame.size[2].div_ceil(slab), |s| {
            let mut sums = vec![Class::default(); WAYS * LOCALS];
            let (mut all, mut reached) = (0u64, 0u64);
            let planes = s * slab..((s + 1) * slab).min(frame.size[2]);
            for (y, z) in planes.flat_map(|z| (0..frame.size[1]).map(move |y| (y, z))) {
                let first = frame.index(0, y, z);
                void.runs(y, z, |from, to| {
                    for i in first + from..first + to {
                        all += 1;
                        reached += u64::from(ways[i].is_finite());
                        if !ways[i].is_finite() || !locals[i].is_finite() {
                            continue;
                        }
                        for (along, off) in INSIDE {
                            let way = (f64::from(ways[i]) + along * h).clamp(0.0, longest);
                            let local = (f64::from(locals[i]) + off * spread).clamp(0.0, last);
                            let w = ((way / way_class) as usize).min(WAYS - 1);
                            let l = ((local / local_class) as usize).min(LOCALS - 1);
                            let class = &mut sums[w * LOCALS + l];
                            let share = 1.0 / INSIDE.len() as f64;
                            class.way += share * way;
                            class.local += share * local;
                            class.share += share;
                        }
                    }
                });
            }
            (sums, all, reached)
        });
        let mut classes = vec![Class::default(); WAYS * LOCALS];
        let (mut all, mut reached) = (0, 0);
        for (sums, a, r) in slabs {
            for (class, s) in classes.iter_mut().zip(sums) {
                class.way += s.way;
                class.local += s.local;
                class.share += s.share;
            }
            (all, reached) = (all + a, reached + r);
        }
        classes.retain(|c| c.share > 0.0);
        let all = (all as f64).max(1.0);
        for class in &mut classes {
            class.way /= class.share;
            class.local /= class.share;
            class.share /= all;
        }
        let covered = classes.iter().map(|c| c.share).sum();
        Self { law, host: Host::Around, classes, reached: reached as f64 / all, covered }
    }

    /// How it fills when growth begins after `lag` days, the front moves at `front` µm a day and tissue grows at `local` µm
    /// or µm² a day.
    #[must_use]
    pub fn filling(&self, lag: f64, front: f64, local: f64) -> Filling {
        let mut items: Vec<(f64, f64)> =
            self.classes.iter().map(|c| (lag + c.way / front + c.local / local, c.share)).collect();
        items.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut filling = Filling { days: vec![lag], share: vec![0.0] };
        let mut below = 0.0;
        for (day, share) in items {
            filling.days.push(day);
            filling.share.push(below + share / 2.0);
            below += share;
        }
        if let Some(last) = filling.days.last().copied().filter(|_| below > 0.0) {
            filling.days.push(last);
            filling.share.push(below);
        }
        filling
    }

    /// The same in a design that is scaled by a factor.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let local = if self.law == GrowthLaw::Curvature { factor * factor } else { factor };
        let mut scaled = self.clone();
        for class in &mut scaled.classes {
            class.way *= factor;
            class.local *= local;
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
        let k = self.share.partition_point(|s| *s < share);
        match (k.checked_sub(1), self.share.get(k)) {
            (_, None) => CENTURY,
            (None, _) => self.days[0],
            (Some(j), Some(next)) => {
                let part = (share - self.share[j]) / (next - self.share[j]);
                (self.days[j] + part * (self.days[k] - self.days[j])).min(CENTURY)
            }
        }
    }
}

/// How the void fills, by whichever law.
#[derive(Clone, Debug, PartialEq)]
pub struct Growing {
    healing: Option<Healing>,
    filling: Option<Filling>,
    /// Day on which half of the void is filled, a century at most.
    pub t50: f64,
    /// Day on which nine tenths are.
    pub t90: f64,
}

impl Growing {
    /// By a calibrated curve, by growth in the void, or by whichever is slower where both are given.
    #[must_use]
    pub fn new(healing: Option<Healing>, filling: Option<Filling>) -> Self {
        let day = |of: fn(&Healing) -> f64, share: f64| {
            let calibrated = healing.as_ref().map_or(0.0, of);
            filling.as_ref().map_or(0.0, |f| f.day_of(share)).max(calibrated)
        };
        let (t50, t90) = (day(|h| h.t50, 0.5), day(|h| h.t90, 0.9));
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
        Self::new(Some(healing), None)
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
        let ways: Vec<f32> = (0..frame.len()).map(|i| frame.centre(frame.voxel(i))[2] as f32).collect();
        if law == GrowthLaw::Curvature {
            let limits = Limits { memory: 1 << 30 };
            let times = covering_times(&frame, Border::Open, &phi, &void, &limits, &exec).unwrap();
            return Ground::new(law, &frame, &void, &ways, &times, 0.0, &exec);
        }
        Ground::new(law, &frame, &void, &ways, &phi, h, &exec)
    }

    const R: f64 = 200.0;

    fn circle(x: f64, y: f64) -> f64 {
        R - x.hypot(y)
    }

    #[test]
    fn apposition_fills_a_round_channel_as_on_paper() {
        let (v, lag) = (0.6, 14.0);
        let filling = channel(GrowthLaw::Apposition, circle).filling(lag, 1e12, v);
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
        let front = ground.filling(0.0, u, 1e12);
        for t in [1.0, 3.0, 7.0, 11.0] {
            assert!((front.fill(t) - u * t / depth).abs() < 0.02, "{t}: {}", front.fill(t));
        }
        // Fill on day t is the mean over z of 1 − (1 − v (t − z/u)/R)².
        let (u, v, t) = (3.0, 0.6, 120.0);
        let both = ground.filling(0.0, u, v);
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
            let filling = ground.filling(0.0, 1e12, a);
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
            let (one, two) = (ground.filling(0.0, 1e12, 50.0), ground.scaled(2.0).filling(0.0, 1e12, 50.0));
            assert!((two.day_of(0.7) / one.day_of(0.7) - factor).abs() < 1e-6, "{law:?}");
        }
    }

    #[test]
    fn the_slower_of_both_counts_and_what_is_never_filled_takes_a_century() {
        let healing = Healing { lag: 14.0, t50: 70.0, t90: 150.0 };
        let filling = channel(GrowthLaw::Slower, circle).filling(14.0, 1e12, 0.6);
        let both = Growing::new(Some(healing), Some(filling.clone()));
        for t in [30.0, 70.0, 200.0, 400.0] {
            assert_eq!(both.fill(t), healing.fill(t).min(filling.fill(t)));
        }
        assert_eq!(both.t90, filling.day_of(0.9).max(150.0));
        let half = Filling { days: vec![0.0, 10.0], share: vec![0.0, 0.5] };
        assert_eq!((half.day_of(0.9), half.fill(1e9)), (CENTURY, 0.5));
    }
}
