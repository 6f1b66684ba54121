//! Strut thickness: Tb.Th, the local thickness of the solid, weighted by volume, and the thinnest struts.
//!
//! The first percentile by volume is a figure of corners: a perfect square bar of width w has 0.22 w there. What a
//! process limit is held against is the first percentile along the ridge, each ball weighted by the volume that it
//! paints, without the balls whose contacts span less than 120° seen from the centre: those sit in corners.

use std::borrow::Cow;

use super::figure::{Distribution, Figure, Figures};
use super::placed::Placed;
use super::pore_size::class_width;
use super::sizes::Sizes;
use super::spots::{Lack, OPPOSITE, tell};
use super::survey::Needs;
use crate::design::{CutPores, Study};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;
use crate::units::Unit;
use crate::voxel::ridge::{Ball, Phase, Ridge, mirrored, ridge};
use crate::voxel::thickness::{Owners, cover};

/// What is told of sizes, with the ids and in words.
fn statistics(sizes: &Sizes) -> [(&'static str, Option<f64>, &'static str); 6] {
    [
        ("strut.mean", sizes.mean(), "mean diameter by volume"),
        ("strut.sd", sizes.deviation(), "standard deviation by volume"),
        ("strut.d01", sizes.quantile(0.01), "first percentile by volume"),
        ("strut.d10", sizes.quantile(0.1), "tenth percentile by volume"),
        ("strut.d50", sizes.quantile(0.5), "median by volume"),
        ("strut.max", sizes.largest(), "largest"),
    ]
}

/// Measures strut sizes, of the whole and in zones; `known` is the ridge of the solid, where it is at hand.
///
/// # Errors
/// When the thickness field does not fit the memory budget.
pub fn measure(
    study: &Study<'_>,
    needs: &Needs,
    known: Option<&Ridge>,
    zones: &[Placed<'_>],
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), LimitError> {
    let mut balls = match known {
        Some(known) => Cow::Borrowed(&known.balls),
        None => Cow::Owned(ridge(&study.field, &study.solid, exec).balls),
    };
    if study.cut == CutPores::Mirror {
        balls.to_mut().extend(mirrored(&study.field, &study.solid, exec));
    }
    let zones: Vec<&Placed<'_>> = zones.iter().filter(|z| z.asks_of("strut")).collect();
    let owners = if needs.pictures || !zones.is_empty() { Owners::Each } else { Owners::Counts };
    let cover = cover(&study.field, Phase::Solid, &study.solid, &balls, owners, limits, exec)?;
    if let Some(picture) = &mut out.picture {
        picture.fill(study.frame(), &study.solid, |voxel| cover.diameter(voxel), exec);
    }
    let item = |(ball, count): (&Ball, u32)| (2.0 * f64::from(ball.radius), f64::from(count));
    let all = Sizes::new(cover.balls().map(item), exec);
    let ridge = Sizes::new(cover.balls().filter(|(ball, _)| ball.contact <= OPPOSITE).map(item), exec);
    let h = study.frame().coarsest();
    let mut add = |id: &str, value: Option<f64>, what: &str| {
        if let Some(value) = value {
            let method = format!("{what}; local thickness of solid, sub-voxel centres");
            out.add(id, Figure::new(value, Unit::Micrometre, method).floor(0.02 * h));
        }
    };
    for (id, value, what) in statistics(&all) {
        add(id, value, what);
    }
    add("strut.ridge_d01", ridge.quantile(0.01), "first percentile along the ridge, corners excluded");
    for zone in zones {
        let held = zone.held(study.frame(), &cover, limits)?;
        let sizes = Sizes::new(cover.balls().zip(held).map(|((ball, _), n)| (2.0 * f64::from(ball.radius), n)), exec);
        for (id, value, what) in statistics(&sizes).into_iter().filter(|s| zone.asks(s.0)) {
            add(&zone.figure(id), value, &format!("{what}, {}", zone.counted()));
        }
    }
    tell(study, cover.balls(), needs.thinnest, (Lack::Solid, "strut.ridge_d01"), out);
    if let Some(largest) = all.largest() {
        let (edges, fraction) = all.histogram(class_width(largest));
        out.distributions.insert("strut".to_owned(), Distribution { unit: Unit::Micrometre, edges, fraction });
    }
    Ok(())
}
