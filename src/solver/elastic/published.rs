//! The homogenised stiffness of laminates, octet trusses and gyroid sheets against theory and published values.
//!
//! Bounds: Voigt 1889 and Reuss 1929 (means of stiffness and of compliance); Hashin & Shtrikman 1963,
//! doi:10.1016/0022-5096(63)90060-7, with void as the second phase.

use std::f64::consts::TAU;

use nalgebra::{Matrix6, Vector3};

use super::brick::material;
use super::level::Hold;
use super::solid::Shares;
use super::stiffness::Body;
use crate::grid::{Border, Frame, Mask};
use crate::limits::Limits;
use crate::parallel::Exec;

const POISSON: f64 = 0.3;

/// The tensor of a repeating cell, its density, and the most iterations that a load case took.
fn homogenised(shares: &Shares) -> (Matrix6<f64>, f64, usize) {
    let exec = Exec::silent(2).unwrap();
    let mut body = Body::new(shares, Hold::Periodic, POISSON, &exec).unwrap().unwrap();
    let (c, _, solved) = body.homogenised(&exec).unwrap();
    (c, shares.density(), solved.iter().map(|s| s.iterations).max().unwrap())
}

/// A cubic cell of n voxels along each side: solid where the signed distance, in sides of the cell, is negative.
fn cell(n: usize, distance: impl Fn([f64; 3]) -> f64) -> Shares {
    let exec = Exec::silent(2).unwrap();
    let frame = Frame { size: [n; 3], spacing: [1.0; 3], origin: [0.5; 3] };
    let field: Vec<f32> = (0..frame.len())
        .map(|i| (n as f64 * distance(frame.centre(frame.voxel(i)).map(|c| c / n as f64))) as f32)
        .collect();
    Shares::of_field(&frame, Border::Periodic, &field, &Mask::full(frame.size), &Limits::default(), &exec).unwrap()
}

/// Bulk and shear modulus of Hashin and Shtrikman's upper bound at a density, over Young's modulus of the solid.
fn hashin_shtrikman(density: f64) -> (f64, f64) {
    let (k, g) = (1.0 / (3.0 * (1.0 - 2.0 * POISSON)), 0.5 / (1.0 + POISSON));
    let void = 1.0 - density;
    let bulk = k + void / (-1.0 / k + 3.0 * density / (3.0 * k + 4.0 * g));
    let shear = g + void / (-1.0 / g + 6.0 * density * (k + 2.0 * g) / (5.0 * g * (3.0 * k + 4.0 * g)));
    (bulk, shear)
}

/// Young's modulus and Poisson's ratio along an axis, and Zener's ratio, of a cubic tensor.
fn cubic(c: &Matrix6<f64>) -> (f64, f64, f64) {
    let s = c.try_inverse().unwrap();
    (1.0 / s[(0, 0)], -s[(0, 1)] / s[(0, 0)], 2.0 * c[(3, 3)] / (c[(0, 0)] - c[(0, 1)]))
}

/// Asserts what every cubic tensor of a porous solid keeps to: its symmetry to `even`, the bound of its bulk modulus, and
/// Voigt's.
fn assert_cubic(c: &Matrix6<f64>, density: f64, even: f64) {
    let size = c[(0, 0)];
    for (a, b) in [((0, 0), (1, 1)), ((0, 0), (2, 2)), ((0, 1), (0, 2)), ((0, 1), (1, 2)), ((3, 3), (4, 4))] {
        assert!((c[a] - c[b]).abs() < even * size, "{a:?} {b:?} {c}");
    }
    for (i, j) in (0..6).flat_map(|i| (i.max(2) + 1..6).map(move |j| (i, j))) {
        assert!(c[(i, j)].abs() < even * size, "{i} {j} {c}");
    }
    let bulk = (c[(0, 0)] + 2.0 * c[(0, 1)]) / 3.0;
    assert!(bulk > 0.0 && bulk < hashin_shtrikman(density).0, "{bulk} at {density}");
    let spare = (material(POISSON) * density - c).symmetric_eigenvalues();
    assert!(c.symmetric_eigenvalues().min() > 0.0 && spare.min() > 0.0, "{c}");
}

#[test]
fn a_laminate_has_the_tensor_of_backus() {
    // Layers across z, of the whole modulus and of a fifth: Backus 1962, doi:10.1029/JZ067i011p04427, in all 36 places.
    let frame = Frame { size: [4, 6, 8], spacing: [1.0, 0.5, 2.0], origin: [0.0; 3] };
    let stiff = |z: usize| z < 3;
    let shares = (0..frame.len()).map(|i| if stiff(frame.voxel(i)[2]) { 255 } else { 51 }).collect();
    let (c, ..) = homogenised(&Shares { frame, border: Border::Periodic, shares });
    let mean = |f: &dyn Fn(f64) -> f64| (3.0 * f(1.0) + 5.0 * f(0.2)) / 8.0;
    let d = material(POISSON);
    let (own, side, shear) = (d[(0, 0)], d[(0, 1)], d[(3, 3)]);
    let harmonic = 1.0 / mean(&|e| 1.0 / e);
    let mut truth = Matrix6::zeros();
    let across = own * harmonic;
    let along = mean(&|e| e * (own - side * side / own)) + across * (side / own).powi(2);
    (truth[(0, 0)], truth[(1, 1)], truth[(2, 2)]) = (along, along, across);
    truth[(0, 1)] = along - 2.0 * mean(&|e| e * shear);
    (truth[(0, 2)], truth[(1, 2)]) = (across * side / own, across * side / own);
    (truth[(3, 3)], truth[(4, 4)], truth[(5, 5)]) = (shear * harmonic, shear * harmonic, mean(&|e| e * shear));
    (0..6).for_each(|i| (0..i).for_each(|j| truth[(i, j)] = truth[(j, i)]));
    assert!((c - truth).amax() < 1e-6, "{c} {truth}");
    // Between Reuss and Voigt: neither difference has a negative eigenvalue.
    let (voigt, reuss) = (d * mean(&|e| e), d * harmonic);
    assert!((voigt - c).symmetric_eigenvalues().min() > -1e-6);
    assert!((c - reuss).symmetric_eigenvalues().min() > -1e-6);
}

/// Distance to the nearest strut of an octet truss, in sides of its cell, less the radius of its struts. All planes at
/// halves of the cell are mirrors, and an eighth holds a tetrahedron of struts.
fn octet(radius: f64) -> impl Fn([f64; 3]) -> f64 {
    let corners = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]].map(Vector3::from);
    move |p| {
        let p = Vector3::from(p.map(|c| c.min(1.0 - c)));
        let to = |a: Vector3<f64>, b: Vector3<f64>| {
            let along = ((p - a).dot(&(b - a)) / (b - a).norm_squared()).clamp(0.0, 1.0);
            (p - a - (b - a) * along).norm()
        };
        let pairs = (0..4).flat_map(|i| (0..i).map(move |j| (i, j)));
        pairs.map(|(i, j)| to(corners[i], corners[j])).fold(f64::INFINITY, f64::min) - radius
    }
}

#[test]
fn thin_octet_trusses_go_to_the_stiffness_of_their_pinned_struts() {
    // Deshpande, Fleck & Ashby 2001, doi:10.1016/S0022-5096(01)00010-2: struts along the six ways (110)/√2 that only stretch
    // give C11 = ρ/6, C12 = C44 = ρ/12, so E = ρ/9, ν = 1/3 and a ratio of Zener of 2. Bent struts and stiff nodes add what
    // goes with the square of the slenderness.
    let ways =
        [[1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 0.0, -1.0], [0.0, 1.0, 1.0], [0.0, 1.0, -1.0]];
    let stretch =
        |a: usize, b: usize| ways.iter().map(|w: &[f64; 3]| w[a].powi(2) * w[b].powi(2) / 4.0).sum::<f64>() / 6.0;
    let (c11, c12) = (stretch(0, 0), stretch(0, 1));
    let pinned = (c11 - c12) * (c11 + 2.0 * c12) / (c11 + c12);
    assert!((pinned - 1.0 / 9.0).abs() < 1e-12 && (c11 - 2.0 * c12).abs() < 1e-12);
    let of = |n: usize| {
        let (c, density, iterations) = homogenised(&cell(n, octet(1.8 / n as f64)));
        assert_cubic(&c, density, 1e-6);
        let (e, nu, zener) = cubic(&c);
        assert!(iterations <= 15, "{iterations}");
        (density, [e / density / pinned, nu, zener])
    };
    let [thick, middle, thin] = [24, 32, 48].map(of);
    assert!(thick.0 > 3.0 * thin.0 && thin.1[0] > 1.0, "{thick:?} {thin:?}");
    // The excess goes with the density, that is with the square of radius over length.
    for (density, [stiffness, ..]) in [thick, middle, thin] {
        let slope = (stiffness - 1.0) / density;
        assert!((4.0..5.5).contains(&slope), "{slope} at {density}");
    }
    // Carried on to no density along the two thinnest.
    let weight = thin.0 / (middle.0 - thin.0);
    let limit: [f64; 3] = std::array::from_fn(|k| thin.1[k] + weight * (thin.1[k] - middle.1[k]));
    assert!((limit[0] - 1.0).abs() < 0.08, "{limit:?}");
    assert!((limit[1] - 1.0 / 3.0).abs() < 0.01 && (limit[2] - 2.0).abs() < 0.02, "{limit:?}");
}

/// Distance to the gyroid, to first order the level over its slope, less half of the sheet's thickness.
fn gyroid(half: f64) -> impl Fn([f64; 3]) -> f64 {
    move |p| {
        let [x, y, z] = p.map(|c| c * TAU);
        let level = x.sin() * y.cos() + y.sin() * z.cos() + z.sin() * x.cos();
        let slope = [
            x.cos() * y.cos() - z.sin() * x.sin(),
            y.cos() * z.cos() - x.sin() * y.sin(),
            z.cos() * x.cos() - y.sin() * z.sin(),
        ];
        level.abs() / (TAU * slope.iter().map(|s| s * s).sum::<f64>().sqrt().max(0.1)) - half
    }
}

#[test]
fn gyroid_sheets_are_as_stiff_as_published() {
    // DeValk & Lakes 2021, *Poisson's ratio and modulus of gyroid lattices*, Physica Status Solidi B: printed sheets have a
    // Poisson's ratio of 0.34 ± 0.06 whatever the direction, and moduli that go with the density near the bound of Hashin
    // and Shtrikman, as do those of Reasa & Lakes 2020, doi:10.1103/PhysRevLett.125.205502.
    let of = |n: usize| {
        let (c, density, iterations) = homogenised(&cell(n, gyroid(0.05)));
        assert_cubic(&c, density, 1e-6);
        let (e, nu, zener) = cubic(&c);
        let (k, g) = hashin_shtrikman(density);
        let share = e / (9.0 * k * g / (3.0 * k + g));
        assert!((nu - 0.34).abs() < 0.06 && (zener - 1.0).abs() < 0.2 && iterations <= 12, "{nu} {zener} {iterations}");
        assert!((0.6..0.8).contains(&share), "{share}");
        // What is stiff as its bulk and its shears are lies below the bounds of both.
        let shears = (2.0 * c[(3, 3)] / 2.0 * 3.0 + (c[(0, 0)] - c[(0, 1)])) / 5.0;
        assert!(shears < g, "{shears} {g}");
        e / density
    };
    // From above, by steps that fall.
    let [coarse, middle, fine] = [16, 24, 32].map(of);
    assert!(coarse > middle && middle > fine && coarse - middle > 1.3 * (middle - fine), "{coarse} {middle} {fine}");
}
