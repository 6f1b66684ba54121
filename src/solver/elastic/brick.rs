//! The trilinear hexahedron of a linear, isotropic, elastic material: its stiffness and its strain.
//!
//! Corner k of a voxel lies at its upper end along axis a where bit a of k is set. Degree of freedom 3·k + c is the
//! displacement of corner k along axis c. Strains are xx, yy, zz, yz, xz, xy, shear as engineering strain (twice the
//! tensor's). Stiffness by 2 × 2 × 2 Gauss points, exact for a box (Zienkiewicz & Taylor, *The Finite Element Method*).

use nalgebra::{Matrix6, SMatrix, SVector};

/// Corners times axes.
pub const DOFS: usize = 24;

/// A matrix over the displacements of a voxel.
pub type Stiffness = SMatrix<f64, DOFS, DOFS>;

/// Strains from displacements.
pub type Strain = SMatrix<f64, 6, DOFS>;

/// The elasticity matrix of a material with modulus 1 and this Poisson ratio.
#[must_use]
pub fn material(poisson: f64) -> Matrix6<f64> {
    let lambda = poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson));
    let shear = 0.5 / (1.0 + poisson);
    let mut d = Matrix6::zeros();
    for a in 0..3 {
        for b in 0..3 {
            d[(a, b)] = lambda;
        }
        d[(a, a)] += 2.0 * shear;
        d[(a + 3, a + 3)] = shear;
    }
    d
}

/// Strain at a place of a voxel, each coordinate from 0 to 1, for these side lengths.
#[must_use]
pub fn strain(at: [f64; 3], side: [f64; 3]) -> Strain {
    let mut b = Strain::zeros();
    for k in 0..8 {
        let along = |a: usize| if k >> a & 1 == 1 { at[a] } else { 1.0 - at[a] };
        let slope: [f64; 3] = std::array::from_fn(|a| {
            let sign = if k >> a & 1 == 1 { 1.0 } else { -1.0 };
            (0..3).filter(|c| *c != a).map(along).product::<f64>() * sign / side[a]
        });
        for a in 0..3 {
            b[(a, 3 * k + a)] = slope[a];
        }
        for (row, (p, q)) in [(1, 2), (0, 2), (0, 1)].into_iter().enumerate() {
            b[(3 + row, 3 * k + p)] = slope[q];
            b[(3 + row, 3 * k + q)] = slope[p];
        }
    }
    b
}

/// Stiffness of a voxel with these side lengths and elasticity matrix.
#[must_use]
pub fn stiffness(side: [f64; 3], elasticity: &Matrix6<f64>) -> Stiffness {
    let volume: f64 = side.iter().product();
    let mut k = Stiffness::zeros();
    let points = [0.5 - 0.5 / 3f64.sqrt(), 0.5 + 0.5 / 3f64.sqrt()];
    for x in points {
        for y in points {
            for z in points {
                let b = strain([x, y, z], side);
                k += b.transpose() * elasticity * b * (volume / 8.0);
            }
        }
    }
    k
}

/// Displacements of the corners of a voxel whose lower corner is at `corner`, under a uniform strain.
#[must_use]
pub fn uniform(strain: &nalgebra::Vector6<f64>, corner: [f64; 3], side: [f64; 3]) -> SVector<f64, DOFS> {
    let [xx, yy, zz, yz, xz, xy] = [strain[0], strain[1], strain[2], strain[3] / 2.0, strain[4] / 2.0, strain[5] / 2.0];
    let e = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
    SVector::from_fn(|i, _| {
        let (k, c) = (i / 3, i % 3);
        (0..3).map(|a| e[c][a] * (corner[a] + if k >> a & 1 == 1 { side[a] } else { 0.0 })).sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Vector6;

    #[test]
    fn uniform_strain_stores_the_energy_of_the_material() {
        let side = [1.0, 2.0, 0.5];
        let d = material(0.3);
        let k = stiffness(side, &d);
        let e = Vector6::new(0.1, -0.2, 0.3, 0.15, -0.05, 0.25);
        let u = uniform(&e, [3.0, -1.0, 2.0], side);
        let energy = (u.transpose() * k * u)[0];
        assert!((energy / (e.transpose() * d * e)[0] - 1.0).abs() < 1e-12);
        assert!((strain([0.3, 0.6, 0.9], side) * u - e).norm() < 1e-12);
        // Translations and rotations store none.
        let still = SVector::<f64, DOFS>::from_fn(|i, _| if i % 3 == 1 { 1.0 } else { 0.0 });
        assert!((k * still).norm() < 1e-12);
        let turn = SVector::<f64, DOFS>::from_fn(|i, _| {
            let p: [f64; 3] = std::array::from_fn(|a| if (i / 3) >> a & 1 == 1 { side[a] } else { 0.0 });
            [-p[1], p[0], 0.0][i % 3]
        });
        assert!((k * turn).norm() < 1e-12);
    }

    #[test]
    fn a_bar_in_tension_has_the_modulus_of_the_material() {
        let c = material(0.25).try_inverse().unwrap();
        assert!((1.0 / c[(0, 0)] - 1.0).abs() < 1e-12 && (-c[(0, 1)] / c[(0, 0)] - 0.25).abs() < 1e-12);
    }
}
