//! Beams and balls of the beam-lattice extension as closed surfaces.
//!
//! A beam is the frustum between two discs, with a cap at each end: flat (butt), a half ball, or a whole ball. Each beam
//! becomes a closed shell of its own, and each whole ball another; where they meet they overlap, and the solid is their
//! union. A circle becomes a regular polygon of [`SIDES`] corners and of the circle's own area, so that a shell has the
//! exact volume of the round body that it stands for; its surface lies within 0.5 % of the radius of the true one.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::{PI, TAU};

use crate::mesh::V3;

/// Corners of a cross-section.
pub const SIDES: usize = 32;

/// Rings from the equator of a ball to its pole.
const RINGS: usize = 12;

/// How a beam ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// A whole ball of the radius of the end.
    Sphere,
    /// Half a ball beyond the end.
    Hemisphere,
    /// Flat.
    Butt,
}

/// A beam between two vertices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beam {
    pub ends: [u32; 2],
    pub radii: [f64; 2],
    pub caps: [Cap; 2],
}

/// A ball at a vertex.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ball {
    pub vertex: u32,
    pub radius: f64,
}

/// The beams of a mesh.
#[derive(Clone, Debug, Default)]
pub struct Lattice {
    pub beams: Vec<Beam>,
    pub balls: Vec<Ball>,
    /// Beams shorter than this are to be ignored.
    pub least: f64,
    /// Whether a mesh cuts them.
    pub clipped: bool,
}

/// The factor from the radius of a circle to that of the polygon of its area.
fn widening() -> f64 {
    let angle = TAU / SIDES as f64;
    (angle / angle.sin()).sqrt()
}

/// Rings of a half ball, as heights above the equator and radii, in radii of the ball, from the one above the equator to
/// the pole; stretched along the axis so that the volume is that of the half ball.
fn dome() -> Vec<(f64, f64)> {
    let rings: Vec<(f64, f64)> = (0..=RINGS)
        .map(|k| {
            let angle = PI / 2.0 * k as f64 / RINGS as f64;
            (angle.sin(), if k == RINGS { 0.0 } else { angle.cos() })
        })
        .collect();
    // Cross-sections have the areas of circles, so slices are frusta.
    let slice = |w: &[(f64, f64)]| PI / 3.0 * (w[1].0 - w[0].0) * (w[0].1.powi(2) + w[0].1 * w[1].1 + w[1].1.powi(2));
    let stretch = 2.0 / 3.0 * PI / rings.windows(2).map(slice).sum::<f64>();
    rings.into_iter().skip(1).map(|(height, radius)| (height * stretch, radius)).collect()
}

/// The surface of revolution of rings (heights along the axis, radii) about `axis` through `origin`, the first and the
/// last ring closed by a flat disc or, where their radius is zero, by a tip.
fn revolve(origin: &V3, axis: &V3, phase: f64, rings: &[(f64, f64)], out: &mut Vec<[V3; 3]>) {
    // The axis least along the beam makes the frame.
    let least = (0..3).min_by(|&a, &b| axis[a].abs().total_cmp(&axis[b].abs())).unwrap_or(0);
    let u = axis.cross(&V3::ith(least, 1.0)).normalize();
    let v = axis.cross(&u);
    let wide = widening();
    let point = |(height, radius): (f64, f64), k: usize| {
        let (sin, cos) = (phase + TAU * (k % SIDES) as f64 / SIDES as f64).sin_cos();
        origin + axis * height + (u * cos + v * sin) * (radius * wide)
    };
    for (k, end) in [(0, rings.first()), (1, rings.last())] {
        if let Some(&ring) = end.filter(|r| r.1 > 0.0) {
            for i in 1..SIDES - 1 {
                let (a, b, c) = (point(ring, 0), point(ring, i), point(ring, i + 1));
                out.push(if k == 0 { [a, c, b] } else { [a, b, c] });
            }
        }
    }
    for pair in rings.windows(2) {
        for i in 0..SIDES {
            let (a, b) = (point(pair[0], i), point(pair[0], i + 1));
            let (c, d) = (point(pair[1], i), point(pair[1], i + 1));
            if pair[0].1 > 0.0 {
                out.push([a, b, d]);
            }
            if pair[1].1 > 0.0 {
                out.push([a, d, c]);
            }
        }
    }
}

/// What became of the beams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Beams.
    pub beams: usize,
    /// Balls, those at the ends of beams among them.
    pub balls: usize,
    /// Beams left out for being shorter than the file wants them to be.
    pub short: usize,
}

impl Lattice {
    /// The triangles that it takes at most.
    pub fn size(&self) -> usize {
        self.beams.len().saturating_mul((8 * RINGS + 4) * SIDES).saturating_add(self.balls.len() * 4 * RINGS * SIDES)
    }

    /// The shells, appended to `out`.
    pub fn shells(&self, vertices: &[V3], out: &mut Vec<[V3; 3]>) -> Made {
        let mut made = Made::default();
        // Of balls about one vertex the largest holds the others.
        let mut balls: BTreeMap<u32, f64> = BTreeMap::new();
        let mut grow = |vertex: u32, radius: f64| {
            let r = balls.entry(vertex).or_insert(radius);
            *r = r.max(radius);
        };
        self.balls.iter().for_each(|b| grow(b.vertex, b.radius));
        let mut kept = Vec::new();
        let mut seen = BTreeSet::new();
        for beam in &self.beams {
            let length = (vertices[beam.ends[1] as usize] - vertices[beam.ends[0] as usize]).norm();
            if length < self.least || length == 0.0 {
                made.short += 1;
                continue;
            }
            let bits = (beam.ends, beam.radii.map(f64::to_bits), beam.caps.map(|c| c as u8));
            if !seen.insert(bits) {
                continue;
            }
            for k in 0..2 {
                if beam.caps[k] == Cap::Sphere {
                    grow(beam.ends[k], beam.radii[k]);
                }
            }
            kept.push((beam, length));
        }
        let dome = dome();
        for (number, (beam, length)) in kept.into_iter().enumerate() {
            let [p, q] = beam.ends.map(|v| vertices[v as usize]);
            // A beam wholly inside a ball at one of its ends adds nothing.
            let hidden = (0..2).any(|k| {
                balls.get(&beam.ends[k]).is_some_and(|&ball| {
                    let beyond = if beam.caps[1 - k] == Cap::Butt {
                        length.hypot(beam.radii[1 - k])
                    } else {
                        length + beam.radii[1 - k]
                    };
                    ball >= beyond.max(beam.radii[k])
                })
            });
            if hidden {
                continue;
            }
            let mut rings = Vec::new();
            let cap = |k: usize| beam.caps[k] == Cap::Hemisphere;
            if cap(0) {
                rings.extend(dome.iter().rev().map(|(h, r)| (-h * beam.radii[0], r * beam.radii[0])));
            }
            rings.push((0.0, beam.radii[0]));
            rings.push((length, beam.radii[1]));
            if cap(1) {
                rings.extend(dome.iter().map(|(h, r)| (length + h * beam.radii[1], r * beam.radii[1])));
            }
            // Each beam is turned about its axis by another angle, so that corners of beams in line do not coincide.
            let phase = TAU / SIDES as f64 * (number as f64 * 0.618_033_988_75).fract();
            revolve(&p, &((q - p) / length), phase, &rings, out);
            made.beams += 1;
        }
        for (number, (vertex, radius)) in balls.into_iter().enumerate() {
            let below = dome.iter().rev().map(|(h, r)| (-h * radius, r * radius));
            let above = dome.iter().map(|(h, r)| (h * radius, r * radius));
            let rings: Vec<(f64, f64)> = below.chain([(0.0, radius)]).chain(above).collect();
            // No axis of a lattice is likely to be this one.
            let axis = V3::new(0.267, 0.535, 0.802).normalize();
            revolve(&vertices[vertex as usize], &axis, number as f64 * 0.618, &rings, out);
            made.balls += 1;
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(triangles: &[[V3; 3]]) -> f64 {
        triangles.iter().map(|[a, b, c]| a.dot(&b.cross(c)) / 6.0).sum()
    }

    /// Every edge of a closed surface is run through once in each direction.
    fn closed(triangles: &[[V3; 3]]) -> bool {
        let key = |v: &V3| [v.x, v.y, v.z].map(|c| (c * 1e9).round() as i64);
        let mut edges: BTreeMap<_, i32> = BTreeMap::new();
        for t in triangles {
            for k in 0..3 {
                let (a, b) = (key(&t[k]), key(&t[(k + 1) % 3]));
                *edges.entry((a.min(b), a.max(b))).or_default() += if a < b { 1 } else { -1 };
            }
        }
        edges.values().all(|n| *n == 0)
    }

    fn shells(beam: Beam) -> (Vec<[V3; 3]>, Made) {
        let lattice = Lattice { beams: vec![beam], ..Lattice::default() };
        let mut out = Vec::new();
        let made = lattice.shells(&[V3::new(1.0, 2.0, 3.0), V3::new(4.0, -2.0, 15.0)], &mut out);
        assert!(out.len() <= lattice.size());
        (out, made)
    }

    #[test]
    fn shells_have_the_volume_of_the_round_bodies() {
        // The vertices are 13 apart.
        let (l, a, b) = (13.0, 1.5, 0.7);
        let frustum = PI / 3.0 * l * (a * a + a * b + b * b);
        let ball = |r: f64| 4.0 / 3.0 * PI * r * r * r;
        for (caps, truth, count) in [
            ([Cap::Butt, Cap::Butt], frustum, (1, 0)),
            ([Cap::Hemisphere, Cap::Butt], frustum + ball(a) / 2.0, (1, 0)),
            ([Cap::Hemisphere, Cap::Hemisphere], frustum + (ball(a) + ball(b)) / 2.0, (1, 0)),
            // As shells: each ball is one of its own and overlaps the frustum.
            ([Cap::Sphere, Cap::Sphere], frustum + ball(a) + ball(b), (1, 2)),
        ] {
            let (out, made) = shells(Beam { ends: [0, 1], radii: [a, b], caps });
            assert!(closed(&out), "{caps:?}");
            assert!((volume(&out) / truth - 1.0).abs() < 1e-9, "{caps:?}: {} {truth}", volume(&out));
            assert_eq!((made.beams, made.balls), count);
        }
    }

    #[test]
    fn surfaces_lie_within_the_stated_distance() {
        let (out, _) = shells(Beam { ends: [0, 1], radii: [2.0, 2.0], caps: [Cap::Hemisphere; 2] });
        let (p, q) = (V3::new(1.0, 2.0, 3.0), V3::new(4.0, -2.0, 15.0));
        let axis = (q - p) / 13.0;
        for v in out.iter().flatten() {
            let t = (v - p).dot(&axis).clamp(0.0, 13.0);
            let off = (v - p - axis * t).norm() / 2.0 - 1.0;
            assert!(off.abs() < 0.005, "{off}");
        }
    }

    #[test]
    fn what_adds_nothing_is_left_out() {
        let beam = Beam { ends: [0, 1], radii: [1.0, 1.0], caps: [Cap::Butt; 2] };
        let vertices = [V3::zeros(), V3::x() * 5.0, V3::y() * 0.001];
        let mut out = Vec::new();
        let lattice = Lattice {
            beams: vec![beam, beam, Beam { ends: [0, 2], ..beam }],
            balls: vec![Ball { vertex: 0, radius: 2.0 }, Ball { vertex: 0, radius: 1.0 }],
            least: 0.01,
            clipped: false,
        };
        assert_eq!(lattice.shells(&vertices, &mut out), Made { beams: 1, balls: 1, short: 1 });
        out.clear();
        let hidden = Lattice { beams: vec![beam], balls: vec![Ball { vertex: 1, radius: 9.0 }], ..Lattice::default() };
        assert_eq!(hidden.shells(&vertices, &mut out), Made { beams: 0, balls: 1, short: 0 });
    }
}
