//! Bridges: flat undersides that are carried at both ends, so that what is laid across the gap holds by itself.
//!
//! A place on an underside is bridged along a direction in the build plane when, going both ways from it, the solid just
//! below comes up within the length that the process bridges, both ways together, and the solid just above goes on as far as
//! there. Eight directions, 22.5° apart, are tried. Undersides that are steeper than 10° are slopes, not bridges. A triangle is
//! divided until its pieces are two voxels long, and each piece decided at its middle, so areas are exact to the grid.
//! What the solid is like comes from the voxels of the study; a repeating cell and mirrors go on beyond it.

use std::f64::consts::PI;

use crate::design::{CutPores, Study};
use crate::mesh::{V3, area_vector};

/// Directions in the build plane.
const DIRECTIONS: usize = 8;

/// The steepest underside in degrees from the build plane that is laid flat.
const FLAT: f64 = 10.0;

/// How far below and above the underside it is asked what is there, in voxels.
const BESIDE: f64 = 0.75;

/// Steps in a voxel on the way to the ends.
const STEPS: f64 = 2.0;

/// Divisions of a triangle at most.
const DEEPEST: u32 = 14;

/// Undersides of a solid that is built up along a direction.
pub(super) struct Bridges<'a> {
    study: &'a Study<'a>,
    up: V3,
    /// Directions along the build plane.
    along: [V3; DIRECTIONS],
    /// The longest that holds, in µm.
    longest: f64,
    /// A voxel, in µm.
    voxel: f64,
}

impl<'a> Bridges<'a> {
    pub(super) fn new(study: &'a Study<'a>, up: V3, longest: f64) -> Self {
        let axis = up.iamax();
        let (u, v) = (V3::ith((axis + 1) % 3, 1.0), V3::ith((axis + 2) % 3, 1.0));
        let along = std::array::from_fn(|k| {
            let angle = PI * k as f64 / DIRECTIONS as f64;
            u * angle.cos() + v * angle.sin()
        });
        Self { study, up, along, longest, voxel: study.frame().coarsest() }
    }

    /// Area of the part of a triangle that is bridged.
    pub(super) fn area(&self, triangle: &[V3; 3]) -> f64 {
        let normal = area_vector(*triangle);
        if -self.up.dot(&normal) < FLAT.to_radians().cos() * normal.norm() {
            return 0.0;
        }
        self.divided(triangle, 0)
    }

    fn divided(&self, triangle: &[V3; 3], level: u32) -> f64 {
        let [a, b, c] = triangle;
        let long = [(a - b).norm(), (b - c).norm(), (c - a).norm()].into_iter().fold(0.0, f64::max);
        if long > 2.0 * self.voxel && level < DEEPEST {
            let (ab, bc, ca) = ((a + b) / 2.0, (b + c) / 2.0, (c + a) / 2.0);
            let parts = [[*a, ab, ca], [ab, *b, bc], [ca, bc, *c], [ab, bc, ca]];
            return parts.iter().map(|part| self.divided(part, level + 1)).sum();
        }
        let middle = (a + b + c) / 3.0;
        let spans = self.along.iter().any(|direction| self.spans(&middle, direction));
        if spans { area_vector(*triangle).norm() } else { 0.0 }
    }

    /// Whether the underside at a place is carried at both ends along a direction.
    fn spans(&self, place: &V3, direction: &V3) -> bool {
        let end = |sense: f64, left: f64| self.end(place, &(direction * sense), left);
        end(1.0, self.longest).and_then(|one| end(-1.0, self.longest - one)).is_some()
    }

    /// How far it is to what carries, along a direction; `None` where nothing does within `most`.
    fn end(&self, place: &V3, direction: &V3, most: f64) -> Option<f64> {
        let beside = self.up * (BESIDE * self.voxel);
        let step = self.voxel / STEPS;
        // A voxel more, for the ends are known to that.
        for k in 0..=((most + self.voxel) / step) as usize {
            let at = place + direction * (k as f64 * step);
            if !self.solid(&(at + beside)) {
                return None;
            }
            if self.solid(&(at - beside)) {
                return Some((k as f64 * step).min(most));
            }
        }
        None
    }

    fn solid(&self, p: &V3) -> bool {
        let frame = self.study.frame();
        let voxel: [Option<usize>; 3] = std::array::from_fn(|a| {
            let (n, i) = (frame.size[a] as i64, ((p[a] - frame.origin[a]) / frame.spacing[a]).round() as i64);
            let at = match self.study.cut {
                CutPores::Periodic => i.rem_euclid(n),
                CutPores::Mirror => {
                    let twice = i.rem_euclid(2 * n);
                    twice.min(2 * n - 1 - twice)
                }
                _ => i,
            };
            (0..n).contains(&at).then_some(at as usize)
        });
        matches!(voxel, [Some(x), Some(y), Some(z)] if self.study.solid.get(x, y, z))
    }
}
