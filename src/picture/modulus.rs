//! Young's modulus in every direction as a body: its surface lies as far from the middle along each direction as the solid
//! is stiff along it, seen from the side and above without perspective. Drawn from the back to the front.

use nalgebra::{Matrix6, Vector3};

use crate::measure::{Tensor, young};
use crate::mesh::V3;

/// Facets from pole to pole, and half of those round.
const FACETS: usize = 24;

/// From where it is seen: turned round the upright axis, and from above, in degrees.
const VIEW: (f64, f64) = (35.0, 25.0);

/// A facet as it is seen, in parts of the greatest modulus, y upward.
#[derive(Clone, Debug, PartialEq)]
pub struct Facet {
    /// Its corners.
    pub corners: [[f64; 2]; 4],
    /// Modulus at its middle over the greatest one.
    pub share: f64,
    /// How much light it gets, 0 to 1.
    pub light: f64,
}

/// Young's modulus in every direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Modulus {
    /// What is seen of its surface, from the back to the front.
    pub facets: Vec<Facet>,
    /// Where the axes x, y, z come out of it, and where they end.
    pub axes: [[[f64; 2]; 2]; 3],
    /// Least and greatest modulus, as the tensor has it.
    pub ends: (f64, f64),
}

impl Modulus {
    /// Of an elasticity tensor; `None` for one that lets a direction go without force.
    #[must_use]
    pub fn of(tensor: &Tensor) -> Option<Self> {
        let rows: Vec<f64> = tensor.value.iter().flatten().copied().collect();
        let c = (rows.len() == 36).then(|| Matrix6::from_row_slice(&rows))?;
        if c.symmetric_eigenvalues().min() <= 1e-7 * c.diagonal().amax() {
            return None;
        }
        let s = c.try_inverse()?;
        let (n, round) = (FACETS, 2 * FACETS);
        let direction = |i: usize, j: usize| {
            let (down, turn) = (std::f64::consts::PI * i as f64 / n as f64, std::f64::consts::PI * j as f64 / n as f64);
            V3::new(down.sin() * turn.cos(), down.sin() * turn.sin(), down.cos())
        };
        let places: Vec<Vec<V3>> = (0..=n)
            .map(|i| (0..=round).map(|j| direction(i, j % round)).map(|d| d * young(&s, &d)).collect())
            .collect();
        let sizes = || places.iter().flatten().map(V3::norm);
        let ends = (sizes().fold(f64::INFINITY, f64::min), sizes().fold(0.0, f64::max));
        let (turn, above) = (VIEW.0.to_radians(), VIEW.1.to_radians());
        let right = V3::new(-turn.sin(), turn.cos(), 0.0);
        let towards = V3::new(turn.cos() * above.cos(), turn.sin() * above.cos(), above.sin());
        let upward = towards.cross(&right);
        let light = (towards + upward + right * 0.5).normalize();
        let seen = |p: &V3| [p.dot(&right), p.dot(&upward)];
        let mut facets: Vec<(f64, Facet)> = Vec::new();
        for (i, j) in (0..n).flat_map(|i| (0..round).map(move |j| (i, j))) {
            let corners = [places[i][j], places[i + 1][j], places[i + 1][j + 1], places[i][j + 1]].map(|p| p / ends.1);
            let normal: Vector3<f64> = (corners[2] - corners[0]).cross(&(corners[3] - corners[1]));
            let Some(normal) = normal.try_normalize(1e-12).filter(|n| n.dot(&towards) > 0.0) else { continue };
            let middle = corners.iter().sum::<V3>() / 4.0;
            let facet = Facet {
                corners: corners.map(|p| seen(&p)),
                share: middle.norm(),
                light: 0.5 + 0.5 * normal.dot(&light).max(0.0),
            };
            facets.push((middle.dot(&towards), facet));
        }
        facets.sort_by(|a, b| a.0.total_cmp(&b.0));
        // All three point towards the viewer, so that their ends lie before it.
        let axes = [V3::x(), V3::y(), V3::z()].map(|a| [young(&s, &a) / ends.1, 1.4].map(|far| seen(&(a * far))));
        Some(Self { facets: facets.into_iter().map(|f| f.1).collect(), axes, ends })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Unit;

    /// A cubic tensor.
    fn cubic(c11: f64, c12: f64, c44: f64) -> Tensor {
        let entry = |i: usize, j: usize| match (i < 3, j < 3, i == j) {
            (true, true, true) => c11,
            (true, true, false) => c12,
            (false, false, true) => c44,
            _ => 0.0,
        };
        let value = (0..6).map(|i| (0..6).map(|j| entry(i, j)).collect()).collect();
        Tensor { unit: Unit::One, value, method: String::new() }
    }

    #[test]
    fn what_is_alike_in_all_directions_is_a_ball() {
        // E = 1, ν = 0.25: C11 = 1.2, C12 = C44 = 0.4.
        let ball = Modulus::of(&cubic(1.2, 0.4, 0.4)).unwrap();
        assert!((ball.ends.0 - 1.0).abs() < 1e-9 && (ball.ends.1 - 1.0).abs() < 1e-9, "{:?}", ball.ends);
        let far = ball.facets.iter().flat_map(|f| f.corners).map(|[x, y]| x.hypot(y)).fold(0.0, f64::max);
        assert!(far <= 1.0 + 1e-9 && far > 0.98, "{far}");
        // About half of it is seen.
        let all = 2 * FACETS * FACETS;
        assert!((0.4..0.6).contains(&(ball.facets.len() as f64 / all as f64)), "{}", ball.facets.len());
    }

    #[test]
    fn struts_along_the_axes_make_horns_along_them() {
        let horns = Modulus::of(&cubic(1.0, 0.05, 0.02)).unwrap();
        // Along (100) 1/S11; along (111) the softest of a cubic solid that is stiffest along its axes.
        let s = [[1.0, 0.05], [0.05, 1.05]];
        let along = 1.0 - 2.0 * 0.05 * 0.05 / (s[0][0] + s[0][1]);
        assert!((horns.ends.1 - along).abs() < 1e-9, "{:?} {along}", horns.ends);
        assert!(horns.ends.0 < 0.1 * horns.ends.1);
        assert_eq!(Modulus::of(&cubic(1.0, 1.0, 0.1)), None, "it gives way without force");
    }
}
