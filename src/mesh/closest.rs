//! The point of a triangle that is closest to a given point.
//!
//! By Voronoi regions of the triangle's corners, edges and face (Ericson, *Real-Time Collision Detection*, 2005,
//! section 5.1.5). A triangle without area counts as its corners and edges.

use super::V3;

/// The closest point of the triangle to `p`.
#[must_use]
#[inline(always)]
#[allow(clippy::inline_always, reason = "in the innermost loops of the distance field")]
pub fn closest_point(p: &V3, [a, b, c]: &[V3; 3]) -> V3 {
    let (ab, ac, ap) = (b - a, c - a, p - a);
    let (d1, d2) = (ab.dot(&ap), ac.dot(&ap));
    if d1 <= 0.0 && d2 <= 0.0 {
        return *a;
    }
    let bp = p - b;
    let (d3, d4) = (ab.dot(&bp), ac.dot(&bp));
    if d3 >= 0.0 && d4 <= d3 {
        return *b;
    }
    let vc = d1 * d4 - d3 * d2;
    if vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0 {
        return a + ab * (d1 / (d1 - d3).max(f64::MIN_POSITIVE));
    }
    let cp = p - c;
    let (d5, d6) = (ab.dot(&cp), ac.dot(&cp));
    if d6 >= 0.0 && d5 <= d6 {
        return *c;
    }
    let vb = d5 * d2 - d1 * d6;
    if vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0 {
        return a + ac * (d2 / (d2 - d6).max(f64::MIN_POSITIVE));
    }
    let va = d3 * d6 - d5 * d4;
    if va <= 0.0 && d4 - d3 >= 0.0 && d5 - d6 >= 0.0 {
        let w = (d4 - d3) / ((d4 - d3) + (d5 - d6)).max(f64::MIN_POSITIVE);
        return b + (c - b) * w;
    }
    let sum = va + vb + vc;
    a + ab * (vb / sum) + ac * (vc / sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point() -> impl Strategy<Value = V3> {
        [-2.0..2.0f64, -2.0..2.0, -2.0..2.0].prop_map(V3::from)
    }

    proptest! {
        #[test]
        fn no_point_of_the_triangle_is_closer(p in point(), a in point(), b in point(), c in point()) {
            let q = closest_point(&p, &[a, b, c]);
            let n = 24;
            let mut nearest = f64::MAX;
            let mut off = f64::MAX;
            for i in 0..=n {
                for j in 0..=n - i {
                    let (u, v) = (f64::from(i) / f64::from(n), f64::from(j) / f64::from(n));
                    let s = a + (b - a) * u + (c - a) * v;
                    nearest = nearest.min((p - s).norm());
                    off = off.min((q - s).norm());
                }
            }
            prop_assert!((p - q).norm() <= nearest + 1e-9);
            prop_assert!(off <= 0.3, "the point lies in the triangle");
        }
    }
}
