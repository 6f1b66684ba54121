//! Pore size: Tb.Sp, the local thickness of the void, weighted by volume.
//!
//! A pore that the envelope cuts reads anything from nothing to twice its size. The figures are therefore those of the
//! void painted by spheres that lie wholly in the envelope when these hold at least half of the void, with the figure of
//! all the void beside them: a verdict has to hold for both. Where they hold less, the figures are of all the void, and
//! a verdict needs a larger sample or `--periodic`.

use super::figure::{Distribution, Figure, Figures};
use super::gaps;
use super::sampling;
use super::sizes::Sizes;
use super::survey::Needs;
use crate::design::{CutPores, Study};
use crate::grid::Mask;
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::units::Unit;
use crate::voxel::nearby::count_near;
use crate::voxel::paint::BARE;
use crate::voxel::ridge::{Ball, Phase};
use crate::voxel::thickness::{Cover, Owners, cover};

const REMEDY: &str = "measure a larger sample, or one cell with --periodic";

/// Slack at the limits of a share, in relation to them: a channel of exactly 300 µm counts as 300 µm.
const SLACK: f64 = 1e-3;

/// Measures pore sizes from the maximal balls of the void, and the shares that are needed.
///
/// # Errors
/// When the thickness field does not fit the memory budget.
pub fn measure(
    study: &Study<'_>,
    balls: &[Ball],
    needs: &Needs,
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), LimitError> {
    let cover = cover(&study.field, Phase::Void, &study.void, balls, |b| b.radius, Owners::Each, limits, exec)?;
    let item = |(ball, count): (&Ball, u32)| (2.0 * f64::from(ball.radius), f64::from(count));
    let all = Sizes::new(cover.balls().map(item), exec);
    let kept = Sizes::new(cover.balls().filter(|(ball, _)| lies_wholly_inside(study, ball)).map(item), exec);
    if all.total() <= 0.0 {
        return Ok(());
    }
    let held = kept.total() / all.total();
    let policy = study.cut.id();
    let h = study.frame().coarsest();
    let use_whole = study.cut != CutPores::Open || held >= 0.5;
    let (main, of) = if study.cut != CutPores::Open {
        (&all, "all void".to_owned())
    } else if use_whole {
        (&kept, format!("void of spheres wholly in the envelope, {:.1} % of the void", 100.0 * held))
    } else {
        (&all, "all void: spheres wholly in the envelope hold less than half".to_owned())
    };
    let figure = |value: f64, other: Option<f64>, unit, what: &str| {
        let method = format!("{what}; local thickness of void, sub-voxel centres, cut pores {policy}; {of}");
        let figure = Figure::new(value, unit, method);
        if study.cut != CutPores::Open {
            figure
        } else if use_whole {
            figure.or("all void", other, REMEDY)
        } else {
            figure.or("void of whole spheres", None, REMEDY)
        }
    };
    // What the parts of a small sample differ by.
    let few = main.quantile(0.5).and_then(|d50| Some((sampling::pores_across(study, d50)?, d50)));
    let parts: Vec<Sizes> = match few {
        Some(_) => {
            let own = use_whole && study.cut == CutPores::Open;
            let counts = sampling::counts(study, &cover, exec);
            let sizes = |counts: Vec<u32>| {
                let balls = cover.balls().zip(counts).filter(|((ball, _), _)| !own || lies_wholly_inside(study, ball));
                Sizes::new(balls.map(|((ball, _), n)| item((ball, n))), exec)
            };
            counts.into_iter().map(sizes).filter(|s| s.total() > 0.0).collect()
        }
        None => Vec::new(),
    };
    let spread = |pick: &dyn Fn(&Sizes) -> Option<f64>| {
        sampling::half_width(&parts.iter().filter_map(pick).collect::<Vec<f64>>())
    };
    if let Some((across, d50)) = few {
        sampling::tell(across, d50, out);
    }
    let mut add = |id: &str, pick: &dyn Fn(&Sizes) -> Option<f64>, what: &str| {
        if let Some(value) = pick(main) {
            out.add(id, figure(value, pick(&all), Unit::Micrometre, what).floor(0.02 * h));
            sampling::widen(out, id, spread(pick));
        }
    };
    add("pore_size.mean", &|s| s.mean(), "mean diameter by volume");
    add("pore_size.sd", &|s| s.deviation(), "standard deviation by volume");
    add("pore_size.d10", &|s| s.quantile(0.1), "tenth percentile by volume");
    add("pore_size.d50", &|s| s.quantile(0.5), "median by volume");
    add("pore_size.d90", &|s| s.quantile(0.9), "ninetieth percentile by volume");
    add("pore_size.max", &|s| s.largest(), "largest");
    out.add(
        "pore_size.cut_fraction",
        Figure::new(1.0 - held, Unit::One, "share of void painted by spheres that reach beyond the envelope"),
    );
    for (id, low, high) in &needs.shares {
        let range = (low * (1.0 - SLACK), high * (1.0 + SLACK));
        let raw = main.share(range.0, range.1);
        let share = |only_whole: bool| {
            let (adequate, crevice) = region(study, &cover, only_whole, range, exec);
            let (frame, border) = (study.frame(), study.field.border);
            let near = count_near(frame, border, &crevice, &adequate, low / 4.0, exec);
            let total = if only_whole { kept.total() } else { all.total() };
            (adequate.count() + near) as f64 / total
        };
        let restrict = use_whole && study.cut == CutPores::Open;
        let what = format!("share of {low:.0} to {high:.0} µm");
        // A sharp limit inside a narrow peak is crossed by an error of the size.
        let nudged = |by: f64| main.share(range.0 - by, range.1 + by) - main.share(range.0 + by, range.1 - by);
        let floor = nudged(needs.doubt.max(0.02) * h).abs() / 2.0;
        out.add(
            format!("pore_size.share_{id}"),
            figure(
                share(restrict),
                Some(share(false)),
                Unit::One,
                &format!("{what}, with crevices within {:.0} µm of such pores", low / 4.0),
            )
            .floor(floor),
        );
        out.add(
            format!("pore_size.raw_share_{id}"),
            figure(raw, Some(all.share(range.0, range.1)), Unit::One, &what).floor(floor),
        );
        // The crevices go with their pores.
        let by = spread(&|sizes| Some(sizes.share(range.0, range.1)));
        for kind in ["share", "raw_share"] {
            sampling::widen(out, &format!("pore_size.{kind}_{id}"), by);
        }
    }
    // Walls of the body are no walls that anything is made between.
    if study.cut != CutPores::Clip {
        gaps::measure(study, &cover, needs, exec, out);
    }
    if let Some(picture) = &mut out.picture {
        picture.fill(study.frame(), &study.void, |voxel| cover.diameter(voxel), exec);
    }
    let width = class_width(all.largest().unwrap_or(1.0));
    let (edges, fraction) = all.histogram(width);
    out.distributions.insert("pore_size".to_owned(), Distribution { unit: Unit::Micrometre, edges, fraction });
    Ok(())
}

/// The voxels in pores of a range, and those in smaller ones.
fn region(study: &Study<'_>, cover: &Cover<'_>, only_whole: bool, range: (f64, f64), exec: &Exec) -> (Mask, Mask) {
    /// What becomes of the voxels of a ball.
    #[derive(Clone, Copy)]
    enum Fate {
        Adequate,
        Small,
        Other,
    }
    let fates: Vec<Fate> = cover
        .balls()
        .map(|(ball, _)| {
            let size = 2.0 * f64::from(ball.radius);
            if only_whole && !lies_wholly_inside(study, ball) || size > range.1 {
                Fate::Other
            } else if size < range.0 {
                Fate::Small
            } else {
                Fate::Adequate
            }
        })
        .collect();
    let frame = study.frame();
    let [nx, ny, nz] = frame.size;
    let planes = exec.map(nz, |z| {
        let (mut adequate, mut small) = (Mask::empty([nx, ny, 1]), Mask::empty([nx, ny, 1]));
        for y in 0..ny {
            let row = &cover.owner[frame.index(0, y, z)..][..nx];
            for (x, owner) in row.iter().enumerate().filter(|(_, o)| **o != BARE) {
                match fates[*owner as usize] {
                    Fate::Adequate => adequate.insert(x, y, 0),
                    Fate::Small => small.insert(x, y, 0),
                    Fate::Other => {}
                }
            }
        }
        Some((adequate, small))
    });
    let (adequate, small): (Vec<Mask>, Vec<Mask>) = planes.into_iter().flatten().unzip();
    (Mask::stack(frame.size, &adequate), Mask::stack(frame.size, &small))
}

/// Whether a ball keeps inside the body.
fn lies_wholly_inside(study: &Study<'_>, ball: &Ball) -> bool {
    if study.cut != CutPores::Open {
        return true;
    }
    let origin = V3::from(study.frame().origin);
    let centre = origin + V3::from(ball.centre.map(f64::from));
    f64::from(ball.radius) <= study.envelope.body.depth(&centre) + 0.02 * study.frame().coarsest()
}

/// A round width for about 40 classes.
pub(super) fn class_width(largest: f64) -> f64 {
    let raw = (largest / 40.0).max(1e-3);
    let power = 10f64.powf(raw.log10().floor());
    [1.0, 2.0, 5.0, 10.0].iter().map(|m| m * power).find(|w| *w >= raw).unwrap_or(raw)
}
