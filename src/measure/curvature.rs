//! Curvature of the surface of the solid: how much of it is hollow, and how mean and Gaussian curvature are spread over it.
//!
//! Both follow from the first and second differences of the signed distance φ, positive in the void, with n = ∇φ/|∇φ|:
//! H = −½ div n, positive where the surface is hollow as seen from the void (a round pore of radius r has 1/r, a rod of
//! radius r −1/2r), and K, the determinant of the same bending, positive on bowls and domes and negative on saddles
//! (Goldman 2005, doi:10.1016/j.cagd.2005.06.005). Where tissue is left to grow, it fills what is hollow first (Bidan et al.
//! 2012, doi:10.1371/journal.pone.0036336). A surface counts as hollow where H is above a thousandth of a voxel's reciprocal,
//! so that flat walls are not.
//!
//! Voxels within a voxel of the surface stand for it, by a hat of that width; level sets on both sides of it bend a little
//! more and a little less, alike. Differences go over two voxels, which smooths edges to that width: sharp edges bend by as
//! much as the grid lets them, in a share of the surface that falls with it. Within three voxels of the envelope nothing
//! counts, for there the solid is cut.

use nalgebra::{Matrix3, Vector3};

use super::figure::{Distribution, Figure, Figures};
use crate::design::{CutPores, Study};
use crate::grid::Border;
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::units::Unit;

/// Voxels that differences go over, to each side.
const REACH: i64 = 2;

/// Voxels from the envelope within which nothing counts.
const CUT: f64 = 3.0;

/// Mean curvature in reciprocals of a voxel above which a surface is hollow.
const HOLLOW: f64 = 1e-3;

/// Classes of the distributions to each side of 0.
const CLASSES: usize = 20;

/// A piece of the surface: its area (to a factor), mean and Gaussian curvature, in µm.
type Piece = (f64, f64, f64);

/// Measures how the surface bends.
pub(super) fn measure(study: &Study<'_>, exec: &Exec, out: &mut Figures) {
    let frame = study.frame();
    let planes = exec.map(frame.size[2], |z| pieces(study, z));
    let all: Vec<Piece> = planes.into_iter().flatten().collect();
    let area: f64 = all.iter().map(|p| p.0).sum();
    if area <= 0.0 {
        return;
    }
    let mean = |of: &dyn Fn(&Piece) -> f64| all.iter().map(|p| p.0 * of(p)).sum::<f64>() / area;
    let h = frame.coarsest();
    let method = "differences of the signed distance over two voxels, by area, without what lies near the envelope";
    let hollow = mean(&|p| f64::from(u8::from(p.1 > HOLLOW / h)));
    let of = format!("share of the surface that is hollow as seen from the void; {method}");
    out.add("curvature.hollow_fraction", Figure::new(hollow, Unit::One, of).floor(0.01));
    for (id, unit, scale, of, what) in [
        ("curvature.mean", Unit::PerMillimetre, 1e3, 1usize, "mean curvature, positive where hollow"),
        ("curvature.gaussian", Unit::PerSquareMillimetre, 1e6, 2, "Gaussian curvature, negative on saddles"),
    ] {
        let value = |p: &Piece| scale * if of == 1 { p.1 } else { p.2 };
        let spread = mean(&|p| value(p).abs());
        let figure = Figure::new(mean(&value), unit, format!("{what}, mean over the surface; {method}"));
        out.add(id, figure.floor(0.01 * spread));
        out.distributions.insert(id.to_owned(), spread_over(&all, area, unit, &value));
    }
}

/// Shares of the surface in classes round 0, up to what 98 % of it lie within; what lies beyond counts with the last.
fn spread_over(all: &[Piece], area: f64, unit: Unit, value: &dyn Fn(&Piece) -> f64) -> Distribution {
    let mut sizes: Vec<(f64, f64)> = all.iter().map(|p| (value(p).abs(), p.0)).collect();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut below = 0.0;
    let last = sizes.iter().find(|s| {
        below += s.1;
        below >= 0.98 * area
    });
    let end = last.map_or(0.0, |s| s.0).max(1e-6);
    let step = end / CLASSES as f64;
    let edges: Vec<f64> = (0..=2 * CLASSES).map(|k| (k as f64 - CLASSES as f64) * step).collect();
    let mut fraction = vec![0.0; 2 * CLASSES];
    for p in all {
        let k = (value(p) / step + CLASSES as f64).floor().clamp(0.0, (2 * CLASSES - 1) as f64);
        fraction[k as usize] += p.0 / area;
    }
    Distribution { unit, edges, fraction }
}

/// The pieces of surface near the voxels of a plane.
fn pieces(study: &Study<'_>, z: usize) -> Vec<Piece> {
    let field = &study.field;
    let (frame, n) = (field.frame, field.frame.size);
    let h = frame.coarsest();
    let endless = field.border == Border::Periodic || study.cut == CutPores::Periodic;
    let at = |v: [i64; 3]| -> Option<f64> {
        let mut q = [0usize; 3];
        for a in 0..3 {
            let size = n[a] as i64;
            let i = if endless { v[a].rem_euclid(size) } else { v[a] };
            q[a] = (0..size).contains(&i).then_some(i as usize)?;
        }
        Some(f64::from(field.values[frame.index(q[0], q[1], q[2])]))
    };
    let mut found = Vec::new();
    for (x, y) in (0..n[1]).flat_map(|y| (0..n[0]).map(move |x| (x, y))) {
        let value = f64::from(field.values[frame.index(x, y, z)]);
        let weight = 1.0 - value.abs() / h;
        if weight <= 0.0 {
            continue;
        }
        if !endless && study.envelope.body.depth(&V3::from(frame.centre([x, y, z]))) < CUT * h {
            continue;
        }
        let middle = [x as i64, y as i64, z as i64];
        let step = |a: usize, s: i64, b: usize, t: i64| {
            let mut v = middle;
            v[a] += s * REACH;
            v[b] += t * REACH;
            at(v)
        };
        let bent = || -> Option<(f64, f64)> {
            let over = frame.spacing.map(|s| s * REACH as f64);
            let mut slope = Vector3::zeros();
            let mut hess = Matrix3::zeros();
            for a in 0..3 {
                let (low, high) = (step(a, -1, a, 0)?, step(a, 1, a, 0)?);
                slope[a] = (high - low) / (2.0 * over[a]);
                hess[(a, a)] = (high - 2.0 * value + low) / (over[a] * over[a]);
                for b in 0..a {
                    let mixed = step(a, 1, b, 1)? - step(a, 1, b, -1)? - step(a, -1, b, 1)? + step(a, -1, b, -1)?;
                    hess[(a, b)] = mixed / (4.0 * over[a] * over[b]);
                    hess[(b, a)] = hess[(a, b)];
                }
            }
            curvatures(&slope, &hess)
        };
        if let Some((mean, gaussian)) = bent() {
            found.push((weight, mean, gaussian));
        }
    }
    found
}

/// Mean and Gaussian curvature of the level set through a place, from slope and second derivatives; `None` without slope.
fn curvatures(slope: &Vector3<f64>, hess: &Matrix3<f64>) -> Option<(f64, f64)> {
    let size = slope.norm();
    if size < 0.3 {
        return None;
    }
    let along = slope.dot(&(hess * slope));
    let mean = -(size * size * hess.trace() - along) / (2.0 * size.powi(3));
    let cofactors = Matrix3::from_fn(|i, j| {
        let (a, b, c, d) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
        hess[(a, c)] * hess[(b, d)] - hess[(a, d)] * hess[(b, c)]
    });
    Some((mean, slope.dot(&(cofactors * slope)) / size.powi(4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_sets_bend_as_on_paper() {
        // About the origin: of |p| a ball within, of p² − a hyperboloid's saddle, from derivatives by hand.
        let p = Vector3::<f64>::new(1.0, -2.0, 2.0);
        let r = p.norm();
        let ball = Matrix3::identity() / r - p * p.transpose() / r.powi(3);
        let (mean, gaussian) = curvatures(&(p / r), &ball).unwrap();
        assert!(
            (mean + 1.0 / r).abs() < 1e-12 && (gaussian - 1.0 / (r * r)).abs() < 1e-12,
            "a dome: {mean} {gaussian}"
        );
        let (mean, _) = curvatures(&(-p / r), &(-ball)).unwrap();
        assert!((mean - 1.0 / r).abs() < 1e-12, "a bowl: {mean}");
        // z = (a x² − b y²)/2 at its middle: −½ (a − b) and −a b, with the void above.
        let (a, b) = (0.7, 0.3);
        let saddle = Matrix3::from_diagonal(&Vector3::new(-a, b, 0.0));
        let (mean, gaussian) = curvatures(&Vector3::z(), &saddle).unwrap();
        assert!((mean - (a - b) / 2.0).abs() < 1e-12 && (gaussian + a * b).abs() < 1e-12, "{mean} {gaussian}");
        assert_eq!(curvatures(&Vector3::zeros(), &saddle), None);
    }
}
