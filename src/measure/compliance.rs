//! Moduli of an anisotropic solid in every direction, from its compliance.
//!
//! Pulled along a unit vector n by a stress of size 1, a solid of compliance S stretches along n by v·S·v with
//! v = (x², y², z², yz, xz, xy) of n, shear strains being those of engineers: Young's modulus along n is the reciprocal
//! (Nye 1985, *Physical Properties of Crystals*, chapter VIII). The stiffest and the softest direction are looked for on
//! a lattice over half of the sphere and followed from its best point by steps that halve.

use nalgebra::{Matrix6, Vector6};

use crate::mesh::V3;

/// Directions along an edge of each face of the cube whose half is laid onto the sphere.
const LATTICE: usize = 33;

/// The least step when a direction is followed.
const LEAST_STEP: f64 = 1e-7;

/// The pairs of axes that shear, as the compliance orders them.
pub(super) const PLANES: [(usize, usize); 3] = [(1, 2), (0, 2), (0, 1)];

/// Young's modulus along a unit vector, from the compliance.
#[must_use]
pub fn young(s: &Matrix6<f64>, n: &V3) -> f64 {
    let v = Vector6::new(n.x * n.x, n.y * n.y, n.z * n.z, n.y * n.z, n.x * n.z, n.x * n.y);
    1.0 / v.dot(&(s * v))
}

/// Poisson's ratio: how much a pull along `pulled` narrows `across`.
pub(super) fn poisson(s: &Matrix6<f64>, pulled: usize, across: usize) -> f64 {
    -s[(across, pulled)] / s[(pulled, pulled)]
}

/// Shear modulus in one of the [`PLANES`].
pub(super) fn shear(s: &Matrix6<f64>, plane: usize) -> f64 {
    1.0 / s[(3 + plane, 3 + plane)]
}

/// The direction in which Young's modulus is greatest, or least, as a unit vector whose last part that is not 0 is
/// positive.
pub(super) fn extreme(s: &Matrix6<f64>, greatest: bool) -> V3 {
    let key = |n: &V3| if greatest { young(s, n) } else { -young(s, n) };
    let mut best = V3::x();
    let mut keep = |n: V3| {
        // Beyond the rounding of equals, so that the first of them stays.
        if key(&n) > key(&best) + 1e-12 * key(&best).abs() {
            best = n;
        }
    };
    let at = |k: usize| 2.0 * k as f64 / (LATTICE - 1) as f64 - 1.0;
    for axis in [0, 1, 2] {
        for i in 0..LATTICE {
            for j in 0..LATTICE {
                let mut n = V3::zeros();
                (n[axis], n[(axis + 1) % 3], n[(axis + 2) % 3]) = (1.0, at(i), at(j));
                keep(n.normalize());
            }
        }
    }
    let mut step = 2.0 / (LATTICE - 1) as f64;
    while step > LEAST_STEP {
        let tried = (0..6).map(|k| {
            let mut n = best;
            n[k / 2] += if k % 2 == 0 { step } else { -step };
            n.normalize()
        });
        let higher = |n: &V3| key(n) > key(&best) + 1e-14 * key(&best).abs();
        match tried.max_by(|a, b| key(a).total_cmp(&key(b))).filter(higher) {
            Some(next) => best = next,
            None => step /= 2.0,
        }
    }
    let last = (0..3).rev().map(|a| best[a]).find(|c| c.abs() > 1e-5).unwrap_or(1.0);
    best * last.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orthotropic(e: [f64; 3], nu: [f64; 3], g: [f64; 3]) -> Matrix6<f64> {
        let mut s = Matrix6::zeros();
        for a in 0..3 {
            s[(a, a)] = 1.0 / e[a];
            s[(3 + a, 3 + a)] = 1.0 / g[a];
        }
        for (k, (a, b)) in PLANES.into_iter().enumerate() {
            (s[(a, b)], s[(b, a)]) = (-nu[k] / e[a], -nu[k] / e[a]);
        }
        s
    }

    #[test]
    fn an_isotropic_solid_is_the_same_all_round() {
        let s = orthotropic([2.0; 3], [0.3; 3], [2.0 / 2.6; 3]);
        for n in [V3::new(1.0, 2.0, 3.0), V3::new(-0.3, 0.2, 0.9), V3::z()] {
            assert!((young(&s, &n.normalize()) - 2.0).abs() < 1e-12);
        }
        assert!((poisson(&s, 0, 2) - 0.3).abs() < 1e-12 && (shear(&s, 1) - 2.0 / 2.6).abs() < 1e-12);
        assert_eq!(extreme(&s, true), V3::x());
    }

    #[test]
    fn a_cubic_solid_is_stiffest_along_its_axes_or_its_diagonals() {
        let diagonal = V3::repeat(3f64.sqrt().recip());
        for zener in [0.4, 3.0] {
            // G = Zener · E / 2 (1 + ν).
            let s = orthotropic([1.0; 3], [0.25; 3], [zener / 2.5; 3]);
            let along_diagonal = 3.0 / (s[(0, 0)] + 2.0 * s[(0, 1)] + s[(3, 3)]);
            let (most, least) = (extreme(&s, true), extreme(&s, false));
            let (axis, corner) = if zener < 1.0 { (most, least) } else { (least, most) };
            assert!((axis.abs().max() - 1.0).abs() < 1e-6 && (young(&s, &axis) - 1.0).abs() < 1e-9, "{axis}");
            assert!((corner.abs() - diagonal).norm() < 1e-5, "{corner}");
            assert!((young(&s, &corner) - along_diagonal).abs() < 1e-9);
        }
    }

    #[test]
    fn no_direction_lies_beyond_the_extremes() {
        let s = orthotropic([1.0, 2.0, 5.0], [0.1, 0.05, 0.2], [0.9, 1.1, 0.6]);
        assert!((extreme(&s, true) - V3::z()).norm() < 1e-5);
        let (least, most) = (young(&s, &extreme(&s, false)), young(&s, &extreme(&s, true)));
        for k in 0..500 {
            let (turn, height) = (f64::from(k) * 2.399_963, f64::from(k) / 500.0);
            let flat = (1.0 - height * height).sqrt();
            let e = young(&s, &V3::new(flat * turn.cos(), flat * turn.sin(), height));
            assert!((least - 1e-12..=most + 1e-12).contains(&e), "{e}");
        }
    }
}
