//! Access: how much of the void spheres can sweep that come from outside, from all sides or from one.
//!
//! The accessible void A(d) (Moore et al. 2004, doi:10.1002/jbm.a.30138) is what spheres of diameter d sweep whose centre
//! is reached from outside at a width of at least d (of a periodic cell: from a path that winds round it): for each voxel
//! the widest way of the maximal balls that cover it. That gives the whole curve. The void that a sphere of a given
//! diameter leaves bare, but for closed pores and the crevices of what it sweeps (within a quarter of the diameter, as for
//! pore sizes), are the places that are out of its reach.
//!
//! Where the largest ball of a voxel is reached at its full width there is nothing to look for, so this takes less than pore
//! sizes did; once for all sides, and once more for each side where the curves of the sides are wanted.

use super::details::{Curve, Place};
use super::figure::{Distribution, Figure, Figures};
use super::interconnectivity::voxels;
use super::pore_size::class_width;
use super::sizes::Sizes;
use super::survey::Needs;
use super::voids::{self, Spots};
use crate::design::{Finding, Severity, Study};
use crate::grid::{Border, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;
use crate::units::{Length, Unit, significant};
use crate::voxel::nearby::near;
use crate::voxel::reached::Reached;
use crate::voxel::ridge::Ball;
use crate::voxel::thickness::Cover;
use crate::voxel::widest::Basins;
use crate::voxel::winding::winding_widths;

/// Widths at which the ways of a periodic cell are looked at, beside those asked for.
const WIDTHS: usize = 24;

/// The sides in the order of the envelope's, as curves name them.
const SIDE_NAMES: [&str; 6] = ["-x", "+x", "-y", "+y", "-z", "+z"];

/// Slack in relation to a diameter: a throat of exactly 100 µm lets 100 µm pass.
const SLACK: f64 = 1e-3;

/// Share of the void that is too narrow for a sphere from which on it is worth a finding.
const MUCH: f64 = 0.01;

/// How wide the way is to each place.
pub(super) enum Ways {
    /// From outside: the basins and the width of the way to each.
    Outside(Basins, Vec<f32>),
    /// From a path that winds round the periodic cell: the width of the way to each voxel.
    Winding(Vec<f32>),
}

impl Ways {
    pub(super) fn new(
        study: &Study<'_>,
        reach: &[f32],
        needs: &Needs,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, LimitError> {
        let frame = *study.frame();
        if study.field.border == Border::Open {
            let basins = Basins::new(&frame, Border::Open, reach, limits, exec)?;
            let sides = study.envelope.body.sides(&frame, &study.inside);
            let entries = voxels(sides.iter(), frame.size[0]);
            let widths = basins.from_entries(entries.iter().map(|&i| (i, reach[i])));
            return Ok(Self::Outside(basins, widths));
        }
        let greatest = reach.iter().copied().fold(0.0, f32::max);
        let mut levels: Vec<f32> = (0..WIDTHS).map(|k| greatest * (k as f32 + 0.5) / WIDTHS as f32).collect();
        let nudge = needs.doubt.max(0.05) * frame.coarsest();
        for (_, d) in &needs.accessible {
            levels.extend([d * (1.0 - SLACK), d - nudge, d + nudge].map(|d| (d / 2.0) as f32));
        }
        levels.retain(|w| *w > 0.0);
        levels.sort_by(f32::total_cmp);
        Ok(Self::Winding(winding_widths(&frame, reach, &levels, limits, exec)?))
    }

    /// Radius of the largest sphere that can come to rest at the centre of a ball.
    fn width(&self, ball: &Ball) -> f32 {
        self.at(ball.voxel as usize, ball.radius)
    }

    /// Radius of the largest sphere that can come to rest at a voxel of this weight.
    pub(super) fn at(&self, voxel: usize, weight: f32) -> f32 {
        match self {
            Self::Outside(basins, widths) => basins.width_at(widths, voxel, weight),
            Self::Winding(field) => field[voxel].min(weight),
        }
    }
}

/// What spheres sweep that come from where the ways begin.
pub(super) struct Swept<'a> {
    /// Radii above 0, each with the number of voxels that no larger sphere sweeps.
    items: Vec<(f32, u32)>,
    /// For each diameter that is asked for the void that it leaves bare.
    bare: Vec<Mask>,
    /// From which the curves of the sides are found, where they are wanted.
    cover: Option<Cover<'a>>,
}

impl<'a> Swept<'a> {
    /// From the cover of the void by its maximal balls.
    pub(super) fn new(
        study: &Study<'_>,
        cover: Cover<'a>,
        ways: &Ways,
        needs: &Needs,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, LimitError> {
        let from_one_side = needs.sides.then(|| cover.clone());
        let reached = Reached::new(cover, &study.field, |ball| ways.width(ball), limits, exec)?;
        let bare = |(_, d): &(String, f64)| reached.below(study.frame(), (d * (1.0 - SLACK) / 2.0) as f32, exec);
        Ok(Self {
            items: reached.items().collect(),
            bare: needs.accessible.iter().map(bare).collect(),
            cover: from_one_side,
        })
    }
}

/// Measures the accessible shares, the curves and what is out of reach; `closed` is closed void.
///
/// # Errors
/// When a field does not fit the memory budget.
pub(super) fn measure(
    study: &Study<'_>,
    swept: Swept<'_>,
    reach: &[f32],
    ways: &Ways,
    closed: &Mask,
    needs: &Needs,
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), LimitError> {
    let h = study.frame().coarsest();
    // What no ball that comes from there covers counts as never reached.
    let items = || swept.items.iter().map(|(radius, count)| (2.0 * f64::from(*radius), f64::from(*count)));
    let void = study.void.count() as f64;
    let sizes = Sizes::new(items(), exec);
    let at_least = |d: f64| sizes.share(d, f64::INFINITY) * sizes.total() / void;
    let from = match study.field.border {
        Border::Open => "enter from outside",
        Border::Periodic => "come from a path that winds round the periodic cell",
    };
    for (id, d) in &needs.accessible {
        let share = at_least(*d * (1.0 - SLACK));
        let doubt = needs.doubt.max(0.05) * h;
        let floor = (at_least(d - doubt) - at_least(d + doubt)).abs() / 2.0;
        out.add(
            format!("interconnectivity.accessible_{id}"),
            Figure::new(share, Unit::One, format!("share of void swept by spheres of {d:.0} µm that {from} (Moore)"))
                .floor(floor),
        );
    }
    // The largest diameter that still reaches 90 %.
    let unreached = (void - sizes.total()).max(0.0);
    let with_rest = Sizes::new(items().chain(std::iter::once((0.0, unreached))), exec);
    if let Some(d90) = with_rest.quantile(0.1) {
        let step = match study.field.border {
            Border::Open => 0.05 * h,
            Border::Periodic => sizes.largest().unwrap_or(0.0) / WIDTHS as f64,
        };
        out.add(
            "interconnectivity.d90",
            Figure::new(d90, Unit::Micrometre, "largest diameter at which 90 % of the void is accessible").floor(step),
        );
    }
    drop(sizes);
    if let Some(largest) = with_rest.largest().filter(|l| *l > 0.0) {
        let width = class_width(largest);
        let (edges, fraction) = with_rest.histogram(width);
        let method = format!("share of void swept by spheres of at least this diameter that {from} (Moore)");
        out.details.curves.insert("accessible_void".to_owned(), falling(&edges, &fraction, unreached / void, method));
        if let Some(cover) = &swept.cover {
            sides(study, cover, reach, ways, &edges, limits, exec, out)?;
        }
        out.distributions.insert("access".to_owned(), Distribution { unit: Unit::Micrometre, edges, fraction });
    }
    for ((id, d), bare) in needs.accessible.iter().zip(swept.bare) {
        out_of_reach(study, reach, ways, closed, (id, *d), bare, exec, out);
    }
    Ok(())
}

/// From shares in classes to the share at or above each edge; `never` is the part of the first class that is not reached
/// at all.
fn falling(edges: &[f64], fraction: &[f64], never: f64, method: String) -> Curve {
    let mut left = 0.0;
    let mut value: Vec<f64> = std::iter::once(&0.0)
        .chain(fraction.iter().rev())
        .map(|f| {
            left += f;
            left
        })
        .collect();
    value.reverse();
    value[0] = (value[0] - never).clamp(0.0, 1.0);
    value.iter_mut().for_each(|v| *v = v.min(1.0));
    Curve { unit: Unit::Micrometre, at: edges.to_vec(), value, method }
}

/// The curves from each side alone.
fn sides(
    study: &Study<'_>,
    cover: &Cover<'_>,
    reach: &[f32],
    ways: &Ways,
    edges: &[f64],
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), LimitError> {
    let Ways::Outside(basins, _) = ways else { return Ok(()) };
    let frame = study.frame();
    let void = study.void.count() as f64;
    for (name, side) in SIDE_NAMES.iter().zip(study.envelope.body.sides(frame, &study.inside)) {
        let entries = voxels(std::iter::once(&side), frame.size[0]);
        let widths = basins.from_entries(entries.iter().map(|&i| (i, reach[i])));
        let width = |ball: &Ball| basins.width_at(&widths, ball.voxel as usize, ball.radius);
        let found = Reached::new(cover.clone(), &study.field, width, limits, exec)?;
        let step = edges[1] - edges[0];
        let mut fraction = vec![0.0; edges.len() - 1];
        let mut reached = 0.0;
        for (key, count) in found.items() {
            let class = (2.0 * f64::from(key) / step) as usize;
            let share = f64::from(count) / void;
            fraction[class.min(edges.len() - 2)] += share;
            reached += share;
        }
        let never = (1.0 - reached).max(0.0);
        fraction[0] += never;
        let method =
            format!("share of void swept by spheres of at least this diameter that enter from the side {name}");
        out.details.curves.insert(format!("accessible_void.{name}"), falling(edges, &fraction, never, method));
    }
    Ok(())
}

/// The places that a sphere cannot reach, crevices and closed pores apart.
fn out_of_reach(
    study: &Study<'_>,
    reach: &[f32],
    ways: &Ways,
    closed: &Mask,
    (id, d): (&str, f64),
    bare: Mask,
    exec: &Exec,
    out: &mut Figures,
) {
    let frame = study.frame();
    let mut left = bare;
    let mut swept = study.void.clone();
    swept.subtract(&left);
    left.subtract(closed);
    let crevices = near(frame, study.field.border, &left, &swept, d / 4.0, exec);
    left.subtract(&crevices);
    let spots = Spots::new(study, &left, reach, |voxel, weight| ways.at(voxel, weight), exec);
    // Scraps narrower than what counts as a crevice are no places.
    let spots = spots.at_least(std::f64::consts::PI / 6.0 * (d / 2.0).powi(3));
    let Some(largest) = spots.largest() else { return };
    let throat = largest.throat_um.unwrap_or(0.0);
    let size = Length::from_um(largest.sphere_um);
    let fits = |place: &Place| place.sphere_um >= d * (1.0 - SLACK);
    let why = if fits(largest) {
        format!("{size} wide behind a throat of {}", Length::from_um(throat))
    } else {
        format!("no wider than {size}")
    };
    let share = spots.volume() / (study.void.count() as f64 * frame.voxel_volume());
    // What is too narrow itself is worth a word only where there is much of it.
    let told = share >= MUCH || spots.iter().any(fits);
    out.findings.extend(told.then(|| {
        Finding::new(
            "void.unreached",
            Severity::Warning,
            format!(
                "a sphere of {} from outside cannot reach {} of void in {} ({} % of it, crevices apart); the largest: {}, \
                 {why}",
                Length::from_um(d),
                voids::volume(spots.volume()),
                voids::many(spots.count(), "place"),
                significant(100.0 * share, 3),
                voids::volume(largest.volume_mm3 * 1e9),
            ),
        )
        .at(largest.at_um)
    }));
    let method = format!(
        "void that a sphere of {d:.0} µm from outside cannot sweep, without closed pores, without crevices within {:.0} µm \
         of what it sweeps, in connected pieces (6-connected)",
        d / 4.0
    );
    out.details.voids.insert(format!("unreached_{id}"), spots.places(method));
}
