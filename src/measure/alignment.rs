//! Alignment: the angle between the direction that walls prefer and the direction in which the solid is stiffest.
//!
//! The first is the longest axis of the mean-intercept-length ellipsoid, the greatest of 1/√(nᵀAn). The second is the
//! greatest of the directional modulus E(n) = 1/(vᵀSv), v = (n₁², n₂², n₃², n₂n₃, n₁n₃, n₁n₂), with S the inverse of the
//! tensor of elasticity in engineering shear strains (Nye 1985, *Physical Properties of Crystals*). Trabecular bone is
//! stiffest along its fabric within few degrees (Odgaard et al. 1997, doi:10.1016/S0021-9290(96)00177-1); a lattice whose
//! bars are stiff where its walls do not lead is not.
//!
//! Both are found on 4096 directions spread evenly over half a sphere, and then followed uphill. The uncertainty is the sum
//! of the angles within which each comes to within 1 % of its greatest. Where that takes more than 30°, as in solids that are
//! alike in all directions, round an axis, or along three axes, there is no direction and no figure. No memory, about 1 ms.

use nalgebra::{Matrix3, Matrix6, Vector6};

use super::details::Tensor;
use super::figure::Figure;
use crate::design::{Finding, Severity};
use crate::mesh::V3;
use crate::units::{Unit, significant};

/// Directions that are tried.
const DIRECTIONS: u32 = 4096;

/// Share of the greatest value within which a direction is as good.
const AS_GOOD: f64 = 0.99;

/// Degrees within which those have to lie for there to be one direction.
const ONE: f64 = 30.0;

/// Where something is greatest, and within how many degrees it is nearly so.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Greatest {
    along: V3,
    within: f64,
}

/// Directions spread evenly over half a sphere, on a spiral by the golden angle.
fn directions() -> impl Iterator<Item = V3> {
    let turn = std::f64::consts::PI * (3.0 - 5f64.sqrt());
    (0..DIRECTIONS).map(move |k| {
        let z = (f64::from(k) + 0.5) / f64::from(DIRECTIONS);
        let (s, c) = (turn * f64::from(k)).sin_cos();
        let r = (1.0 - z * z).sqrt();
        V3::new(r * c, r * s, z)
    })
}

/// Angle between two directions without sense, in degrees.
fn angle(a: &V3, b: &V3) -> f64 {
    a.cross(b).norm().atan2(a.dot(b).abs()).to_degrees()
}

/// Where a function of direction is greatest.
fn greatest(value: impl Fn(&V3) -> f64) -> Greatest {
    let mut along = directions().fold(V3::z(), |best, n| if value(&n) > value(&best) { n } else { best });
    let mut step = 0.05f64;
    while step > 1e-7 {
        let u = along.cross(&V3::ith(along.abs().imin(), 1.0)).normalize();
        let v = along.cross(&u);
        let tried = (0..8).map(|k| {
            let (s, c) = (f64::from(k) * std::f64::consts::FRAC_PI_4).sin_cos();
            (along + (u * c + v * s) * step).normalize()
        });
        let best = tried.fold(along, |best, n| if value(&n) > value(&best) { n } else { best });
        if best == along {
            step /= 2.0;
        }
        along = best;
    }
    let enough = AS_GOOD * value(&along);
    let within = directions().filter(|n| value(n) >= enough).map(|n| angle(&n, &along)).fold(0.0, f64::max);
    Greatest { along, within }
}

/// The entries of a tensor of N rows.
fn rows<const N: usize>(tensor: &Tensor) -> Option<[[f64; N]; N]> {
    let rows: Vec<[f64; N]> = tensor.value.iter().filter_map(|row| row[..].try_into().ok()).collect();
    rows.try_into().ok()
}

/// Where the mean intercept length is greatest.
fn of_fabric(tensor: &Tensor) -> Option<Greatest> {
    let rows = rows::<3>(tensor)?;
    let a = Matrix3::from_fn(|i, j| rows[i][j]);
    // Along lines that meet no wall it has no end.
    let least = 1e-12 * a.trace();
    Some(greatest(|n| (n.dot(&(a * n))).max(least).powf(-0.5)))
}

/// Where the modulus is greatest.
fn of_stiffness(tensor: &Tensor) -> Option<Greatest> {
    let rows = rows::<6>(tensor)?;
    let c = Matrix6::from_fn(|i, j| f64::midpoint(rows[i][j], rows[j][i]));
    let s = (c + Matrix6::identity() * (1e-9 * c.diagonal().amax())).try_inverse()?;
    let modulus = |n: &V3| {
        let v = Vector6::new(n.x * n.x, n.y * n.y, n.z * n.z, n.y * n.z, n.x * n.z, n.x * n.y);
        1.0 / v.dot(&(s * v)).max(f64::MIN_POSITIVE)
    };
    Some(greatest(modulus))
}

/// The angle between the longest axis of the fabric and the stiffest direction of an elasticity tensor; or that there is no
/// such direction. `None` where a tensor is none.
#[must_use]
pub fn alignment(fabric: &Tensor, stiffness: &Tensor) -> Option<Result<Figure, Finding>> {
    let (walls, stiffest) = (of_fabric(fabric)?, of_stiffness(stiffness)?);
    let none = |what: &str| {
        let message =
            format!("{what} has no one direction: there is no angle between the walls and the stiffest direction");
        Some(Err(Finding::new("anisotropy.no_direction", Severity::Info, message)))
    };
    if walls.within > ONE {
        return none("the mean intercept length");
    }
    if stiffest.within > ONE {
        return none("the stiffness");
    }
    let [x, y, z] = [0, 1, 2].map(|a| significant(stiffest.along[a] + 0.0, 2));
    let method = format!(
        "angle between the longest axis of the mean-intercept-length ellipsoid and the stiffest direction, ({x}, {y}, {z}); \
         each is within 1 % of its greatest over {}° and {}°; {}",
        significant(walls.within, 2),
        significant(stiffest.within, 2),
        stiffness.method
    );
    let figure = Figure::exact(angle(&walls.along, &stiffest.along), Unit::Degree, method);
    Some(Ok(figure.floor(walls.within + stiffest.within)))
}

#[cfg(test)]
mod tests {
    use nalgebra::Rotation3;

    use super::*;

    /// Elasticity with an axis: moduli along and across it, in the frame of the axis along z, then turned.
    fn stiff_along(along: f64, across: f64, turn: &Rotation3<f64>) -> Tensor {
        let (nu, shear) = (0.3, 0.4 * along.min(across));
        let mut s = Matrix6::zeros();
        for (a, e) in [(0, across), (1, across), (2, along)] {
            s[(a, a)] = 1.0 / e;
        }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let off = -nu / along.max(across);
            (s[(a, b)], s[(b, a)]) = (off, off);
        }
        for a in 3..6 {
            s[(a, a)] = 1.0 / shear;
        }
        let c: Matrix6<f64> = s.try_inverse().unwrap();
        // The tensor of fourth order, turned index by index.
        const PAIRS: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)];
        let voigt = |i: usize, j: usize| PAIRS.iter().position(|p| *p == (i.min(j), i.max(j))).unwrap();
        let r = turn.matrix();
        let value = PAIRS.map(|(i, j)| {
            PAIRS
                .map(|(k, l)| {
                    let mut sum = 0.0;
                    for m in 0..81usize {
                        let [p, q, u, v] = [m / 27, m / 9 % 3, m / 3 % 3, m % 3];
                        sum += r[(i, p)] * r[(j, q)] * r[(k, u)] * r[(l, v)] * c[(voigt(p, q), voigt(u, v))];
                    }
                    sum
                })
                .to_vec()
        });
        Tensor { unit: Unit::One, value: value.to_vec(), method: "made up".to_owned() }
    }

    /// Fabric with lengths 2 along z and 1 across, turned.
    fn long_along(turn: &Rotation3<f64>) -> Tensor {
        let a = turn.matrix() * Matrix3::from_diagonal(&V3::new(1.0, 1.0, 0.25)) * turn.matrix().transpose();
        let value = (0..3).map(|i| (0..3).map(|j| a[(i, j)]).collect()).collect();
        Tensor { unit: Unit::One, value, method: String::new() }
    }

    fn turned(by: f64, further: [f64; 3]) -> Rotation3<f64> {
        Rotation3::from_euler_angles(further[0], further[1], further[2])
            * Rotation3::from_axis_angle(&V3::x_axis(), by.to_radians())
    }

    #[test]
    fn the_angle_is_that_by_which_one_was_turned() {
        for further in [[0.0; 3], [0.4, -1.2, 2.2]] {
            for by in [0.0, 12.0, 45.0, 88.0] {
                let figure =
                    alignment(&long_along(&turned(0.0, further)), &stiff_along(3.0, 1.0, &turned(by, further)));
                let figure = figure.unwrap().unwrap();
                assert!((figure.value - by).abs() < 0.01, "{} against {by}", figure.value);
                assert!(figure.unit == Unit::Degree && (0.1..40.0).contains(&figure.floor), "{figure:?}");
            }
        }
    }

    #[test]
    fn the_angle_within_one_per_cent_is_that_of_the_ellipsoid() {
        // 1/√(cos²/4 + sin²) falls to 0.99 of 2 where sin² (1 − 1/4) = (0.99⁻² − 1)/4.
        let truth = ((0.99f64.powi(-2) - 1.0) / 3.0).sqrt().asin().to_degrees();
        let found = of_fabric(&long_along(&turned(0.0, [0.3, 0.2, 0.1]))).unwrap();
        // Directions are about 2.5° apart.
        assert!(found.within <= truth && found.within > truth - 2.5, "{} against {truth}", found.within);
    }

    #[test]
    fn what_is_alike_in_many_directions_has_none() {
        let (straight, walls) = (turned(0.0, [0.0; 3]), long_along(&turned(20.0, [0.0; 3])));
        let none = |fabric: &Tensor, stiffness: &Tensor| alignment(fabric, stiffness).unwrap().unwrap_err().message;
        // Soft along an axis, stiff all round it; alike in all directions; three axes of a cubic lattice.
        assert!(none(&walls, &stiff_along(1.0, 3.0, &straight)).contains("stiffness"));
        let mut cubic = stiff_along(1.0, 1.0, &straight);
        for a in 3..6 {
            cubic.value[a][a] = 0.1;
        }
        assert!(none(&walls, &cubic).contains("stiffness"));
        let mut even = walls.clone();
        even.value = vec![vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 0.99]];
        assert!(none(&even, &stiff_along(3.0, 1.0, &straight)).contains("intercept"));
        assert_eq!(alignment(&walls, &walls), None, "three rows are no elasticity");
    }
}
