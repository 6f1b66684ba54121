//! Triangles cut at the borders of zones: the area that lies inside, and the volume that they enclose there.

use super::surface::area_within;
use crate::mesh::{V3, area_vector};

/// Area of the part of a triangle between two planes across an axis; a triangle in the upper plane lies beyond it.
pub(super) fn between(triangle: &[V3; 3], (axis, low, high): (usize, f64, f64)) -> f64 {
    let above = cut(triangle, |p| p[axis] - low, true);
    let part = cut(&above, |p| high - p[axis], false);
    fan(&part).map(area_vector).sum::<V3>().norm()
}

/// A convex polygon as triangles.
fn fan(polygon: &[V3]) -> impl Iterator<Item = [V3; 3]> + '_ {
    let pairs = polygon.get(1..).unwrap_or_default().windows(2);
    pairs.map(|pair| [polygon[0], pair[0], pair[1]])
}

/// The corners of the part of a convex polygon where `depth` is positive, or not negative where `border` counts.
fn cut(polygon: &[V3], depth: impl Fn(&V3) -> f64, border: bool) -> Vec<V3> {
    let holds = |d: f64| d > 0.0 || (border && d == 0.0);
    let mut part = Vec::with_capacity(polygon.len() + 1);
    for (k, b) in polygon.iter().enumerate() {
        let a = &polygon[(k + polygon.len() - 1) % polygon.len()];
        let (from, to) = (depth(a), depth(b));
        if holds(from) != holds(to) {
            part.push(a + (b - a) * (from / (from - to)));
        }
        if holds(to) {
            part.push(*b);
        }
    }
    part
}

/// What a triangle of a closed surface adds to the volume that it encloses between two planes across an axis.
///
/// The field along the axis that is 0 below the lower plane, grows by 1 for each µm up to the upper one and is constant
/// above it has the divergence 1 between them and 0 elsewhere, so that its flux through the surface is that volume.
pub(super) fn flux_through_slab(triangle: &[V3; 3], (axis, low, high): (usize, f64, f64)) -> f64 {
    let above = cut(triangle, |p| p[axis] - low, true);
    let beyond = cut(&above, |p| p[axis] - high, true);
    let part = cut(&above, |p| high - p[axis], false);
    let inside: f64 =
        fan(&part).map(|t| area_vector(t)[axis] * (t.iter().map(|p| p[axis]).sum::<f64>() / 3.0 - low)).sum();
    inside + (high - low) * fan(&beyond).map(|t| area_vector(t)[axis]).sum::<f64>()
}

/// The same for a shell round the line through `middle` along an axis, between two radii.
///
/// The field points away from the line and is (r² − inner²) / 2r in the shell, which has the divergence 1; 0 inside of it,
/// and falls as 1/r outside. Triangles are divided until their sides are no longer than `reach`; the flux through each comes
/// from the middles of its sides.
pub(super) fn flux_through_shell(
    triangle: &[V3; 3],
    axis: usize,
    middle: &V3,
    (inner, outer): (f64, f64),
    reach: f64,
) -> f64 {
    let [p, q] = match halves(triangle, reach) {
        Some(halves) => halves,
        None => {
            let normal = area_vector(*triangle);
            let through = |a: &V3, b: &V3| {
                let mut away = (a + b) / 2.0 - middle;
                away[axis] = 0.0;
                let squared = away.norm_squared();
                let grown = squared.clamp(inner * inner, outer * outer) - inner * inner;
                if grown > 0.0 { away.dot(&normal) * grown / (2.0 * squared) } else { 0.0 }
            };
            let [a, b, c] = triangle;
            return (through(a, b) + through(b, c) + through(c, a)) / 3.0;
        }
    };
    let of = |part: &[V3; 3]| flux_through_shell(part, axis, middle, (inner, outer), reach);
    of(&p) + of(&q)
}

/// Area of the part of a triangle where `depth` is not negative: its longest side is halved until it is no longer than
/// `reach`, so that nothing of that size is missed.
pub(super) fn within(triangle: &[V3; 3], depth: &impl Fn(&V3) -> f64, reach: f64) -> f64 {
    match halves(triangle, reach) {
        Some([p, q]) => within(&p, depth, reach) + within(&q, depth, reach),
        None => area_within(triangle, depth, 0),
    }
}

/// A triangle cut in two at the middle of its longest side; `None` where that is no longer than `reach`.
fn halves(triangle: &[V3; 3], reach: f64) -> Option<[[V3; 3]; 2]> {
    let side = |k: usize| (triangle[(k + 1) % 3] - triangle[k]).norm();
    let k = (0..3).max_by(|&a, &b| side(a).total_cmp(&side(b))).unwrap_or(0);
    if side(k) <= reach {
        return None;
    }
    let [a, b, c] = [triangle[k], triangle[(k + 1) % 3], triangle[(k + 2) % 3]];
    let middle = (a + b) / 2.0;
    Some([[a, middle, c], [middle, b, c]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slabs_share_a_triangle_out() {
        let triangle = [V3::new(0.0, 0.0, 0.0), V3::new(3.0, 1.0, 2.0), V3::new(-1.0, 2.0, 5.0)];
        let whole = area_vector(triangle).norm();
        let parts: f64 = (0..10).map(|k| between(&triangle, (2, f64::from(k) * 0.5, f64::from(k + 1) * 0.5))).sum();
        assert!((parts / whole - 1.0).abs() < 1e-12, "{parts} {whole}");
        // By the other way, whose pieces are small but whole.
        let slab = |p: &V3| (p.z - 1.0).min(2.5 - p.z);
        let (exact, divided) = (between(&triangle, (2, 1.0, 2.5)), within(&triangle, &slab, 0.2));
        assert!((divided / exact - 1.0).abs() < 1e-3, "{divided} {exact}");
    }

    #[test]
    fn the_flux_is_the_volume_between_planes_and_radii() {
        // A box of 2 × 3 × 4 from (−1, −1, −1) on, its quads turned outward.
        let corner = |i: usize| V3::new([-1.0, 1.0][i & 1], [-1.0, 2.0][i >> 1 & 1], [-1.0, 3.0][i >> 2 & 1]);
        let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
        let surface: Vec<[V3; 3]> =
            quads.iter().flat_map(|&[a, b, c, d]| [[a, b, c], [a, c, d]].map(|t| t.map(corner))).collect();
        let slab = |axis, low, high| surface.iter().map(|t| flux_through_slab(t, (axis, low, high))).sum::<f64>();
        for (axis, low, high, truth) in [(2, 0.0, 1.5, 9.0), (0, -5.0, 0.25, 15.0), (1, 2.0, 9.0, 0.0)] {
            assert!((slab(axis, low, high) - truth).abs() < 1e-12, "{axis} {low} {high}");
        }
        // Round the line x = y = 0 along z the disc of radius 1 lies in the box, a ring beyond it in part.
        let shell = |inner, outer, reach| {
            surface.iter().map(|t| flux_through_shell(t, 2, &V3::zeros(), (inner, outer), reach)).sum::<f64>()
        };
        let area = |radius| super::super::disc::area(radius, [-1.0, 1.0], [-1.0, 2.0]);
        for (inner, outer) in [(0.0, 1.0), (0.3, 1.7), (1.5, 4.0)] {
            let truth = 4.0 * (area(outer) - area(inner));
            let (coarse, fine) = (shell(inner, outer, 0.2), shell(inner, outer, 0.05));
            assert!((fine / truth - 1.0).abs() < 1e-3, "{inner} {outer}: {fine} {truth}");
            assert!((fine - truth).abs() <= (coarse - truth).abs() + 1e-9, "{inner} {outer}");
        }
    }

    #[test]
    fn a_face_in_a_border_belongs_to_one_side() {
        let flat = [V3::new(0.0, 0.0, 1.0), V3::new(2.0, 0.0, 1.0), V3::new(0.0, 2.0, 1.0)];
        assert_eq!((between(&flat, (2, 0.0, 1.0)), between(&flat, (2, 1.0, 2.0))), (0.0, 2.0));
        // A thin slab through the middle of a large triangle, none of whose corners it holds.
        let tall = [V3::new(0.0, 0.0, 0.0), V3::new(0.0, 0.0, 10.0), V3::new(8.0, 0.0, 5.0)];
        let thin = |p: &V3| (p.x - 3.9).min(4.1 - p.x);
        let truth = 0.2 * 5.0;
        assert!((within(&tall, &thin, 0.1) / truth - 1.0).abs() < 0.01);
    }
}
