//! Pore size: Tb.Sp, the local thickness of the void, weighted by volume.
//!
//! A pore that the envelope cuts reads anything from nothing to twice its size. The figures are therefore those of the
//! void painted by spheres that lie wholly in the envelope when these hold at least half of the void, with the figure of
//! all the void beside them: a verdict has to hold for both. Where they hold less, the figures are of all the void, and
//! a verdict needs a larger sample or `--periodic`.

use super::figure::{Distribution, Figure, Figures};
use super::gaps;
use super::placed::Placed;
use super::sampling;
use super::sizes::Sizes;
use super::survey::Needs;
use crate::design::{CutPores, Study};
use crate::grid::Mask;
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::units::Unit;
use crate::voxel::nearby::near;
use crate::voxel::paint::BARE;
use crate::voxel::ridge::Ball;
use crate::voxel::thickness::Cover;

const REMEDY: &str = "measure a larger sample, or one cell with --periodic";

/// Slack at the limits of a share, in relation to them: a channel of exactly 300 µm counts as 300 µm.
const SLACK: f64 = 1e-3;

/// The void of which sizes are told: all of it, or what of it lies in a zone.
struct Void<'a> {
    zone: Option<&'a Placed<'a>>,
    /// Sizes of all of it, and of what spheres that lie wholly in the envelope hold.
    all: Sizes,
    kept: Sizes,
    /// Sizes in the parts of a small sample.
    parts: Vec<Sizes>,
}

impl Void<'_> {
    /// Whether cut pores leave enough of it for the figures to be of whole ones.
    fn of_whole_pores(&self) -> bool {
        self.kept.total() / self.all.total() >= 0.5
    }

    fn main(&self, cut: CutPores) -> &Sizes {
        if cut == CutPores::Open && self.of_whole_pores() { &self.kept } else { &self.all }
    }
}

/// A range of sizes whose share is wanted, with the void in pores of it and in their crevices: of all pores, and of whole
/// ones.
struct Share<'a> {
    id: &'a str,
    low: f64,
    high: f64,
    range: (f64, f64),
    all: Mask,
    kept: Option<Mask>,
}

/// Measures pore sizes from the cover of the void by its maximal balls, and the shares that are needed, of the whole and in
/// zones.
///
/// # Errors
/// When the thickness field does not fit the memory budget.
pub fn measure(
    study: &Study<'_>,
    cover: &Cover<'_>,
    needs: &Needs,
    zones: &[Placed<'_>],
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), LimitError> {
    let own: Vec<bool> = cover.balls().map(|(ball, _)| lies_wholly_inside(study, ball)).collect();
    let sizes = |held: &[f64], only_whole: bool| {
        let items = cover.balls().zip(held).zip(&own).filter(|(_, own)| !only_whole || **own);
        Sizes::new(items.map(|(((ball, _), held), _)| (2.0 * f64::from(ball.radius), *held)), exec)
    };
    let held: Vec<f64> = cover.balls().map(|(_, count)| f64::from(count)).collect();
    let mut void = Void { zone: None, all: sizes(&held, false), kept: sizes(&held, true), parts: Vec::new() };
    drop(held);
    if void.all.total() <= 0.0 {
        return Ok(());
    }
    let cut = study.cut;
    let in_parts = |void: &Void<'_>, counts: Vec<Vec<f64>>| -> Vec<Sizes> {
        let only_whole = cut == CutPores::Open && void.of_whole_pores();
        counts.into_iter().map(|held| sizes(&held, only_whole)).filter(|s| s.total() > 0.0).collect()
    };
    // What the parts of a small sample differ by.
    let few = void.main(cut).quantile(0.5).and_then(|d50| Some((sampling::pores_across(study, d50)?, d50)));
    if let Some((across, d50)) = few {
        let counts = sampling::counts(study, cover, exec);
        let counts = counts.into_iter().map(|c| c.into_iter().map(f64::from).collect()).collect();
        void.parts = in_parts(&void, counts);
        sampling::tell(across, d50, out);
    }
    let zones: Vec<&Placed<'_>> = zones.iter().filter(|z| z.asks_of("pore_size")).collect();
    let whole_ones = cut == CutPores::Open && (void.of_whole_pores() || !zones.is_empty());
    let shares: Vec<Share<'_>> = needs
        .shares
        .iter()
        .map(|(id, low, high)| {
            let range = (low * (1.0 - SLACK), high * (1.0 + SLACK));
            let void = |only_whole: bool| {
                let (mut adequate, crevice) = region(study, cover, only_whole, range, exec);
                adequate.unite(&near(study.frame(), study.field.border, &crevice, &adequate, low / 4.0, exec));
                adequate
            };
            Share { id, low: *low, high: *high, range, all: void(false), kept: whole_ones.then(|| void(true)) }
        })
        .collect();
    tell(study, &void, &shares, needs, out);
    for zone in zones {
        let held = zone.held(study.frame(), cover, limits)?;
        let mut part = Void { zone: Some(zone), all: sizes(&held, false), kept: sizes(&held, true), parts: Vec::new() };
        let Some(d50) = part.main(cut).quantile(0.5).filter(|_| part.all.total() > 0.0) else { continue };
        if sampling::few(study, zone.extent(study.frame()), d50).is_some() {
            part.parts = in_parts(&part, zone.held_in_blocks(study.frame(), cover, limits)?);
        }
        tell(study, &part, &shares, needs, out);
    }
    let held = void.kept.total() / void.all.total();
    out.add(
        "pore_size.cut_fraction",
        Figure::new(1.0 - held, Unit::One, "share of void painted by spheres that reach beyond the envelope"),
    );
    // Walls of the body are no walls that anything is made between.
    if study.cut != CutPores::Clip {
        gaps::measure(study, cover, needs, exec, out);
    }
    if let Some(picture) = &mut out.picture {
        picture.fill(study.frame(), &study.void, |voxel| cover.diameter(voxel), exec);
    }
    let width = class_width(void.all.largest().unwrap_or(1.0));
    let (edges, fraction) = void.all.histogram(width);
    out.distributions.insert("pore_size".to_owned(), Distribution { unit: Unit::Micrometre, edges, fraction });
    Ok(())
}

/// Adds the figures of all the void, or those that are asked of a zone.
fn tell(study: &Study<'_>, void: &Void<'_>, shares: &[Share<'_>], needs: &Needs, out: &mut Figures) {
    let (all, main) = (&void.all, void.main(study.cut));
    let policy = study.cut.id();
    let h = study.frame().coarsest();
    let use_whole = void.of_whole_pores();
    let of = if study.cut != CutPores::Open {
        "all void".to_owned()
    } else if use_whole {
        let held = 100.0 * void.kept.total() / all.total();
        format!("void of spheres wholly in the envelope, {held:.1} % of the void")
    } else {
        "all void: spheres wholly in the envelope hold less than half".to_owned()
    };
    let place = void.zone.map_or(String::new(), |zone| format!("; {}", zone.counted()));
    let figure = |value: f64, other: Option<f64>, unit, what: &str| {
        let method = format!("{what}; local thickness of void, sub-voxel centres, cut pores {policy}; {of}{place}");
        let figure = Figure::new(value, unit, method);
        if study.cut != CutPores::Open {
            figure
        } else if use_whole {
            figure.or("all void", other, REMEDY)
        } else {
            figure.or("void of whole spheres", None, REMEDY)
        }
    };
    let spread = |pick: &dyn Fn(&Sizes) -> Option<f64>| {
        sampling::half_width(&void.parts.iter().filter_map(pick).collect::<Vec<f64>>())
    };
    let asks = |id: &str| void.zone.is_none_or(|zone| zone.asks(id));
    let named = |id: &str| void.zone.map_or_else(|| id.to_owned(), |zone| zone.figure(id));
    let mut add = |id: &str, pick: &dyn Fn(&Sizes) -> Option<f64>, what: &str| {
        if let Some(value) = pick(main).filter(|_| asks(id)) {
            out.add(named(id), figure(value, pick(all), Unit::Micrometre, what).floor(0.02 * h));
            sampling::widen(out, &named(id), spread(pick));
        }
    };
    add("pore_size.mean", &|s| s.mean(), "mean diameter by volume");
    add("pore_size.sd", &|s| s.deviation(), "standard deviation by volume");
    add("pore_size.d10", &|s| s.quantile(0.1), "tenth percentile by volume");
    add("pore_size.d50", &|s| s.quantile(0.5), "median by volume");
    add("pore_size.d90", &|s| s.quantile(0.9), "ninetieth percentile by volume");
    add("pore_size.max", &|s| s.largest(), "largest");
    for Share { id, low, high, range, all: of_all, kept } in shares {
        let count = |mask: &Mask| void.zone.map_or_else(|| mask.count() as f64, |zone| zone.count(mask));
        let what = format!("share of {low:.0} to {high:.0} µm");
        // A sharp limit inside a narrow peak is crossed by an error of the size.
        let nudged = |by: f64| main.share(range.0 - by, range.1 + by) - main.share(range.0 + by, range.1 - by);
        let floor = nudged(needs.doubt.max(0.02) * h).abs() / 2.0;
        // The crevices go with their pores.
        let by = spread(&|sizes| Some(sizes.share(range.0, range.1)));
        let whole = kept.as_ref().filter(|_| use_whole);
        let in_range = whole.map_or_else(|| count(of_all) / all.total(), |kept| count(kept) / void.kept.total());
        let crevices = format!("{what}, with crevices within {:.0} µm of such pores", low / 4.0);
        for (kind, value, other, what) in [
            ("share", in_range, count(of_all) / all.total(), &crevices),
            ("raw_share", main.share(range.0, range.1), all.share(range.0, range.1), &what),
        ] {
            let id = format!("pore_size.{kind}_{id}");
            if asks(&id) {
                out.add(named(&id), figure(value, Some(other), Unit::One, what).floor(floor));
                sampling::widen(out, &named(&id), by);
            }
        }
    }
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
