//! The point of a triangle that is closest to a given point.
//!
//! By Voronoi regions of the triangle's corners, edges and face (Ericson, *Real-Time Collision Detection*, 2005,
//! section 5.1.5). A triangle without area counts as its corners and edges.

use super::V3;

/// A triangle made ready to be asked many times.
#[derive(Clone, Copy, Debug)]
pub struct Triangle {
    corners: [V3; 3],
    ab: V3,
    ac: V3,
    /// Products of the edges from the first corner.
    ab_ab: f64,
    ab_ac: f64,
    ac_ac: f64,
}

impl Triangle {
    /// From its corners.
    #[must_use]
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "in the innermost loops of the distance field")]
    pub fn new(corners: [V3; 3]) -> Self {
        let [a, b, c] = corners;
        let (ab, ac) = (b - a, c - a);
        Self { corners, ab, ac, ab_ab: ab.norm_squared(), ab_ac: ab.dot(&ac), ac_ac: ac.norm_squared() }
    }

    /// How far its plane is from `p`; `None` where it has none.
    #[must_use]
    pub fn height(&self, p: &V3) -> Option<f64> {
        let normal = self.ab.cross(&self.ac);
        let length = normal.norm();
        (length > 0.0).then(|| normal.dot(&(p - self.corners[0])).abs() / length)
    }

    /// Its point closest to `p`.
    #[must_use]
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "in the innermost loops of the distance field")]
    pub fn closest(&self, p: &V3) -> V3 {
        let Self { corners: [a, b, c], ab, ac, ab_ab, ab_ac, ac_ac } = self;
        let ap = p - a;
        // Along the edges from the first corner; seen from the other corners that much less.
        let (d1, d2) = (ab.dot(&ap), ac.dot(&ap));
        if d1 <= 0.0 && d2 <= 0.0 {
            return *a;
        }
        let (d3, d4) = (d1 - ab_ab, d2 - ab_ac);
        if d3 >= 0.0 && d4 <= d3 {
            return *b;
        }
        let vc = d1 * d4 - d3 * d2;
        if vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0 {
            return a + ab * (d1 / ab_ab.max(f64::MIN_POSITIVE));
        }
        let (d5, d6) = (d1 - ab_ac, d2 - ac_ac);
        if d6 >= 0.0 && d5 <= d6 {
            return *c;
        }
        let vb = d5 * d2 - d1 * d6;
        if vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0 {
            return a + ac * (d2 / ac_ac.max(f64::MIN_POSITIVE));
        }
        let va = d3 * d6 - d5 * d4;
        if va <= 0.0 && d4 - d3 >= 0.0 && d5 - d6 >= 0.0 {
            let w = (d4 - d3) / ((d4 - d3) + (d5 - d6)).max(f64::MIN_POSITIVE);
            return b + (c - b) * w;
        }
        let sum = va + vb + vc;
        a + ab * (vb / sum) + ac * (vc / sum)
    }
}

/// The closest point of a triangle to `p`.
#[must_use]
#[inline(always)]
#[allow(clippy::inline_always, reason = "in the innermost loops of the distance field")]
pub fn closest_point(p: &V3, corners: &[V3; 3]) -> V3 {
    Triangle::new(*corners).closest(p)
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
