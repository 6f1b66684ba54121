//! The shift that lays one solid onto another.
//!
//! From the shift of the centres of mass, which noise and a missing strut hardly move, the mean distance of points on the
//! surface of the one to the surface of the other is made least by a search over the 26 neighbouring steps, halved when
//! none is better. Distances are cut off at a few voxels, so that what is missing in one of them does not pull. The shift
//! is a translation: turned designs have to be turned back first. O(points · steps); the result is good to about a tenth
//! of a voxel.

use crate::grid::Frame;
use crate::mesh::solid::SolidMesh;
use crate::mesh::{V3, area_vector};
use crate::parallel::Exec;
use crate::voxel::distance::DistanceField;

/// Points on the surface that are looked at.
const POINTS: usize = 20_000;

/// Steps at the beginning and at the end, and where distances are cut off, in voxels.
const FIRST: f64 = 8.0;
const LAST: f64 = 0.02;
const CUT: f64 = 4.0;

/// Centre of mass of a solid.
#[must_use]
pub(super) fn centre_of_mass(solid: &SolidMesh) -> V3 {
    let Some((low, high)) = solid.mesh.bounds() else { return V3::zeros() };
    let middle = (low + high) / 2.0;
    let (mut sum, mut volume) = (V3::zeros(), 0.0);
    for t in &solid.surface {
        let [a, b, c] = t.map(|v| v - middle);
        let v = a.dot(&b.cross(&c)) / 6.0;
        sum += (a + b + c) / 4.0 * v;
        volume += v;
    }
    if volume.abs() > 0.0 { middle + sum / volume } else { middle }
}

/// By how much `moving` has to be shifted to lie on the solid of `field`, and the mean distance that is left, in µm;
/// from `start`.
#[must_use]
pub(super) fn align(field: &DistanceField, moving: &SolidMesh, start: V3, exec: &Exec) -> (V3, f64) {
    let h = field.frame.coarsest();
    let points = points(moving);
    let cut = CUT * h;
    let cost = |shift: &V3| {
        let each = exec.map_items(&points, |p| distance(&field.frame, &field.values, &(p + shift)).abs().min(cut));
        each.iter().sum::<f64>() / points.len().max(1) as f64
    };
    let mut best = (cost(&start), start);
    let mut step = FIRST * h;
    while step > LAST * h {
        let around = (0..27i32).filter(|k| *k != 13);
        let next = around
            .map(|k| best.1 + V3::new(f64::from(k % 3 - 1), f64::from(k / 3 % 3 - 1), f64::from(k / 9 - 1)) * step)
            .map(|shift| (cost(&shift), shift))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match next {
            Some(next) if next.0 < best.0 => best = next,
            _ => step /= 2.0,
        }
    }
    (best.1, best.0)
}

/// Points spread over the surface by area, always the same.
fn points(solid: &SolidMesh) -> Vec<V3> {
    let total: f64 = solid.surface.iter().map(|t| area_vector(*t).norm()).sum();
    let share = total / POINTS as f64;
    let mut points = Vec::new();
    let mut due = 0.5 * share;
    for t in &solid.surface {
        let area = area_vector(*t).norm();
        let mut within = due;
        while within < area {
            // Low-discrepancy points of the triangle (Kronecker sequence, folded).
            let n = points.len() as f64;
            let (mut u, mut v) = ((n * 0.754_877_666_246_692_7).fract(), (n * 0.569_840_290_998_053_3).fract());
            if u + v > 1.0 {
                (u, v) = (1.0 - u, 1.0 - v);
            }
            points.push(t[0] + (t[1] - t[0]) * u + (t[2] - t[0]) * v);
            within += share;
        }
        due = within - area;
    }
    points
}

/// Distance at a point, interpolated; beyond the grid that of its nearest place on it, and the way there.
fn distance(frame: &Frame, values: &[f32], p: &V3) -> f64 {
    let (mut low, mut weight, mut beyond) = ([0; 3], [0.0; 3], 0.0f64);
    for a in 0..3 {
        let s = (p[a] - frame.origin[a]) / frame.spacing[a];
        let held = s.clamp(0.0, (frame.size[a] - 1) as f64);
        beyond = beyond.max((s - held).abs() * frame.spacing[a]);
        low[a] = (held as usize).min(frame.size[a].saturating_sub(2));
        weight[a] = held - low[a] as f64;
    }
    let mut sum = 0.0;
    for corner in 0..8 {
        let mut w = 1.0;
        let at: [usize; 3] = std::array::from_fn(|a| {
            let up = corner >> a & 1;
            w *= if up == 1 { weight[a] } else { 1.0 - weight[a] };
            (low[a] + up).min(frame.size[a] - 1)
        });
        sum += w * f64::from(values[frame.index(at[0], at[1], at[2])]);
    }
    sum + beyond
}
