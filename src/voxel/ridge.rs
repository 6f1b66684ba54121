//! Maximal balls along the medial ridge of a distance field, with centres between voxels.
//!
//! The ball round a voxel p that touches the surface at its foot q only grows when its centre moves away from q, until
//! it touches the surface elsewhere: there it is a maximal ball, and it holds the one that it grew from (the shrinking
//! ball of Ma, Bae & Choi 2012, doi:10.1007/s00371-011-0594-7, grown from inside). Voxels whose ball comes to rest
//! within 1.2 voxels give a ball; all others are inside a ball of the ridge. On a slab, a cylinder or a
//! sphere the balls are exact whatever the position of the grid.
//!
//! Where the gradient is short a second ball moves on along the ridge, away from all that it touches, until it touches
//! more, and so on until it grows no more, within its own voxel: it finds the middle of a pore between voxels, where
//! facets of a round wall would hold the first one off the axis.
//!
//! Where the surface had to be guessed, as between the voxels of two values, a ball ends at the deepest of the dents that
//! the guess left around it, and reads too small: in a round pore, which it touches all round, by more than between flat
//! walls, which have none. There the radius is the mean height over all planes of the triangles around the ball that lie
//! within six tenths of a voxel of it.
//!
//! The triangles that a ball can touch next are those nearest to the 26 neighbours of p. A test on the gradient of the
//! distance, which has length 1 away from ridges, spares most voxels the search. O(voxels near ridges), no memory but
//! the balls.

use super::distance::DistanceField;
use crate::grid::{Border, Mask};
use crate::mesh::V3;
use crate::mesh::closest::Triangle;
use crate::parallel::Exec;

/// How far a ball may move to count as lying on the ridge, in voxels of the coarsest spacing.
const REACH: f64 = 1.2;

/// Squared length of the gradient from which on a voxel is taken to lie away from ridges.
const SMOOTH: f64 = 0.95;

/// Squared length of the gradient up to which a ball is also moved along the ridge: it is 1/2 on the bisector of a square
/// corner and nearly 0 in the middle of a pore.
const CORE: f64 = 0.75;

/// How near a wall must be to count as touched, in voxels.
const TOUCH: f64 = 0.002;

/// How far a ball may climb from the centre of its voxel, in voxels: a little beyond its own, so that a middle between
/// voxels is nobody's loss.
const WINDOW: f64 = 0.6;

/// How far beyond a ball a wall between two values may lie that is taken for one that it touches, in voxels.
const GUESSED: f64 = 0.6;

/// Moves of a climbing ball.
const ROUNDS: usize = 8;

/// Contacts in nearly the same direction (cosine) make no ridge: neighbouring facets of one surface.
const SAME_SIDE: f64 = 0.9;

/// The two sides of the surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Inside the material.
    Solid,
    /// Outside of it.
    Void,
}

impl Phase {
    /// Sign of the distance in this phase.
    #[must_use]
    pub fn sign(self) -> f64 {
        match self {
            Self::Solid => -1.0,
            Self::Void => 1.0,
        }
    }
}

/// A ball inside one phase.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ball {
    /// Centre in µm from the centre of voxel (0, 0, 0).
    pub centre: [f32; 3],
    /// Radius in µm.
    pub radius: f32,
    /// Index of the voxel that it grew from.
    pub voxel: u32,
    /// Cosine of the widest angle between contacts seen from the centre: -1 between parallel walls, 0 in a square corner.
    pub contact: f32,
}

/// The ridge of a phase.
#[derive(Clone, Debug, Default)]
pub struct Ridge {
    /// The maximal balls whose centre lies in the voxel that they grew from, in order of their voxels.
    pub balls: Vec<Ball>,
    /// Voxels beside the ridge and the radius of the ball that grew from them: spheres at the voxel may move there.
    pub beside: Vec<(u32, f32)>,
}

/// The ridge of a phase. Centres stay in `domain`, a part of the phase.
#[must_use]
pub fn ridge(field: &DistanceField, domain: &Mask, exec: &Exec) -> Ridge {
    let [_, ny, nz] = field.frame.size;
    let planes = exec.map(nz, |z| {
        let mut ridge = Ridge::default();
        let mut near = Near::default();
        for y in 0..ny {
            domain.runs(y, z, |from, to| {
                for x in from..to {
                    let gradient = gradient_squared(field, [x, y, z]);
                    if gradient < SMOOTH {
                        grow(field, domain, [x, y, z], gradient < CORE, &mut near, &mut ridge);
                    }
                }
            });
        }
        ridge
    });
    let mut all = Ridge {
        balls: Vec::with_capacity(planes.iter().map(|p| p.balls.len()).sum()),
        beside: Vec::with_capacity(planes.iter().map(|p| p.beside.len()).sum()),
    };
    for plane in planes {
        all.balls.extend(plane.balls);
        all.beside.extend(plane.beside);
    }
    all
}

/// The maximal balls whose centres lie on the outer faces of the grid, where these are mirrors: a wall and its image touch
/// them from either side.
#[must_use]
pub fn mirrored(field: &DistanceField, domain: &Mask, exec: &Exec) -> Vec<Ball> {
    let [_, ny, nz] = field.frame.size;
    let planes = exec.map(nz, |z| {
        let mut balls = Vec::new();
        let mut near = Near::default();
        for y in 0..ny {
            domain.runs(y, z, |from, to| (from..to).for_each(|x| on_faces(field, [x, y, z], &mut near, &mut balls)));
        }
        balls
    });
    planes.concat()
}

fn on_faces(field: &DistanceField, voxel: [usize; 3], near: &mut Near, balls: &mut Vec<Ball>) {
    let frame = &field.frame;
    let h = V3::from(frame.spacing);
    let out = |a: usize| match voxel[a] {
        0 => -0.5,
        i if i + 1 == frame.size[a] => 0.5,
        _ => 0.0,
    };
    let step = V3::new(out(0), out(1), out(2)).component_mul(&h);
    if step == V3::zeros() {
        return;
    }
    let p = field.local(voxel);
    let index = frame.index(voxel[0], voxel[1], voxel[2]);
    near.gather(field, voxel, &p);
    // The face, or the faces of an edge or a corner: as many as the ball grows towards.
    for faces in 1..8usize {
        let pick = V3::from_fn(|a, _| f64::from(u8::from(faces >> a & 1 == 1)));
        if (0..3).any(|a| pick[a] > 0.0 && step[a] == 0.0) {
            continue;
        }
        let on_face = p + step.component_mul(&pick);
        let nearest = near.look(&on_face);
        if near.distance[nearest] <= f64::from(field.values[index]).abs() {
            continue;
        }
        // Along the face to where it is largest.
        let (c, radius, nearest, _) = climb(near, &on_face, on_face, nearest, &(WINDOW * h), V3::repeat(1.0) - pick);
        // Between the contact and its image the cosine is that of a turn by twice the angle to the mirror.
        let toward = (near.feet[nearest] - c) / radius;
        let contact = (0..3).filter(|&a| pick[a] > 0.0).map(|a| 1.0 - 2.0 * toward[a] * toward[a]).fold(1.0, f64::min);
        if contact <= SAME_SIDE {
            balls.push(Ball {
                centre: [c.x as f32, c.y as f32, c.z as f32],
                radius: near.settled(&c, radius, field.slack, frame.coarsest()) as f32,
                voxel: index as u32,
                contact: contact as f32,
            });
        }
    }
}

/// The index one step along an axis, or the index itself at an open border.
#[inline]
fn step(field: &DistanceField, voxel: [usize; 3], axis: usize, up: bool) -> (usize, f64) {
    let n = field.frame.size[axis];
    let mut next = voxel;
    match (up, field.border) {
        (true, _) if voxel[axis] + 1 < n => next[axis] += 1,
        (false, _) if voxel[axis] > 0 => next[axis] -= 1,
        (true, Border::Periodic) => next[axis] = 0,
        (false, Border::Periodic) => next[axis] = n - 1,
        _ => return (field.frame.index(voxel[0], voxel[1], voxel[2]), 0.0),
    }
    (field.frame.index(next[0], next[1], next[2]), 1.0)
}

#[inline]
fn gradient_squared(field: &DistanceField, voxel: [usize; 3]) -> f64 {
    let n = field.frame.size;
    if (0..3).all(|a| voxel[a] > 0 && voxel[a] + 1 < n[a]) {
        let i = field.frame.index(voxel[0], voxel[1], voxel[2]);
        let strides = [1, n[0], n[0] * n[1]];
        return (0..3)
            .map(|a| {
                let rise = f64::from(field.values[i + strides[a]] - field.values[i - strides[a]]);
                (rise / (2.0 * field.frame.spacing[a])).powi(2)
            })
            .sum();
    }
    (0..3)
        .map(|a| {
            let (up, su) = step(field, voxel, a, true);
            let (down, sd) = step(field, voxel, a, false);
            let width = (su + sd) * field.frame.spacing[a];
            if width == 0.0 { 0.0 } else { (f64::from(field.values[up] - field.values[down]) / width).powi(2) }
        })
        .sum()
}

/// The triangles near a voxel, and how far they are from the point looked at last.
#[derive(Default)]
struct Near {
    ids: Vec<u32>,
    triangles: Vec<Triangle>,
    /// Closest points, and their distances.
    feet: Vec<V3>,
    distance: Vec<f64>,
    /// Distances where a move began.
    before: Vec<f64>,
    pushes: Vec<V3>,
    /// The triangles that the ball looked from had in it.
    inner: Vec<usize>,
}

impl Near {
    /// Takes the different triangles nearest to the voxel and its 26 neighbours.
    fn gather(&mut self, field: &DistanceField, voxel: [usize; 3], p: &V3) {
        self.ids.clear();
        let ranges: [[usize; 3]; 3] = std::array::from_fn(|a| {
            let n = field.frame.size[a];
            let v = voxel[a];
            match field.border {
                Border::Periodic => [(v + n - 1) % n, v, (v + 1) % n],
                Border::Open => [v.saturating_sub(1), v, (v + 1).min(n - 1)],
            }
        });
        for z in ranges[2] {
            for y in ranges[1] {
                for x in ranges[0] {
                    let t = field.nearest[field.frame.index(x, y, z)];
                    if self.ids.last() != Some(&t) && !self.ids.contains(&t) {
                        self.ids.push(t);
                    }
                }
            }
        }
        self.triangles.clear();
        self.triangles.extend(self.ids.iter().map(|&t| Triangle::new(field.image(t, p))));
    }

    /// Looks from `c`: the number of the nearest triangle.
    fn look(&mut self, c: &V3) -> usize {
        self.feet.clear();
        self.distance.clear();
        let mut best = 0;
        for (k, triangle) in self.triangles.iter().enumerate() {
            let foot = triangle.closest(c);
            let distance = (foot - c).norm();
            self.feet.push(foot);
            self.distance.push(distance);
            if distance < self.distance[best] {
                best = k;
            }
        }
        best
    }

    /// Keeps the triangles nearer than `radius` to the point looked from last.
    fn within(&mut self, radius: f64) {
        self.inner.clear();
        self.inner.extend(self.distance.iter().enumerate().filter(|(_, d)| **d < radius).map(|(k, _)| k));
    }

    /// Looks from `c` at those kept: the number of the nearest triangle, and its distance.
    fn look_within(&mut self, c: &V3) -> (usize, f64) {
        let mut best = (0, f64::INFINITY);
        for &k in &self.inner {
            self.feet[k] = self.triangles[k].closest(c);
            let distance = (self.feet[k] - c).norm();
            if distance < best.1 {
                best = (k, distance);
            }
        }
        best
    }

    /// The radius of the ball looked from last, of `radius` to the nearest wall, among walls that may lie `slack` off.
    fn settled(&self, c: &V3, radius: f64, slack: f64, h: f64) -> f64 {
        if slack <= 0.0 {
            return radius;
        }
        let (mut sum, mut count) = (0.0, 0.0);
        for (triangle, distance) in self.triangles.iter().zip(&self.distance) {
            if *distance <= radius + GUESSED * h {
                sum += triangle.height(c).unwrap_or(*distance).max(radius);
                count += 1.0;
            }
        }
        if count > 0.0 { sum / count } else { radius }
    }

    /// Cosine of the widest angle between the nearest contact of the ball looked from last and its others.
    fn widest_contact(&self, c: &V3, nearest: usize, reach: f64) -> f64 {
        if self.distance[nearest] <= 0.0 {
            return 1.0;
        }
        let first = (self.feet[nearest] - c) / self.distance[nearest];
        self.feet
            .iter()
            .zip(&self.distance)
            .filter(|(_, d)| **d <= reach)
            .map(|(f, d)| (f - c).dot(&first) / d)
            .fold(1.0, f64::min)
    }
}

fn grow(field: &DistanceField, domain: &Mask, voxel: [usize; 3], core: bool, near: &mut Near, ridge: &mut Ridge) {
    let frame = &field.frame;
    let index = frame.index(voxel[0], voxel[1], voxel[2]);
    let p = field.local(voxel);
    let q = field.foot(field.nearest[index], &p);
    let d = (p - q).norm();
    let h = frame.coarsest();
    if d <= 1e-6 * h {
        return;
    }
    let n = (p - q) / d;
    near.gather(field, voxel, &p);
    let most = REACH * h;
    let mut t = most;
    let mut c = p + n * t;
    let mut nearest = near.look(&c);
    if near.distance[nearest] >= d + t - 1e-5 * h {
        return;
    }
    // All these balls touch q, each lies within the one before: what does not reach into one reaches into none after it.
    near.within(d + t);
    for _ in 0..8 {
        // The ball that touches q and the point found: its centre lies on the line through q and p.
        let off = p - near.feet[nearest];
        let shrink = 2.0 * (d - n.dot(&off));
        if shrink <= 0.0 {
            break;
        }
        let next = ((off.norm_squared() - d * d) / shrink).max(0.0);
        if next >= t {
            break;
        }
        t = next;
        c = p + n * t;
        let (found, distance) = near.look_within(&c);
        if distance >= d + t - 1e-5 * h {
            break;
        }
        nearest = found;
    }
    if t >= most {
        return;
    }
    if !holds(field, domain, &c) {
        t = 0.0;
        c = p;
    }
    nearest = near.look(&c);
    let central = |c: &V3| (0..3).all(|a| (c[a] - p[a]).abs() <= 0.5001 * frame.spacing[a]);
    let contact = near.widest_contact(&c, nearest, d + t + 0.25 * h);
    let held = contact <= SAME_SIDE || t <= 0.0;
    let ball = |c: &V3, radius: f64, contact: f64| Ball {
        centre: [c.x as f32, c.y as f32, c.z as f32],
        radius: radius as f32,
        voxel: index as u32,
        contact: contact as f32,
    };
    // One ball of the many that grew to the same place.
    let settled = near.settled(&c, d + t, field.slack, h);
    if held && central(&c) {
        ridge.balls.push(ball(&c, settled, contact));
    } else if held {
        ridge.beside.push((index as u32, settled as f32));
    }
    if (!core && held) || !central(&c) {
        return;
    }
    // About its own voxel: what lies further along the ridge is another voxel's, and would make throats read too wide.
    let (top, radius, nearest, at_top) =
        climb(near, &p, c, nearest, &(WINDOW * V3::from(frame.spacing)), V3::repeat(1.0));
    if radius > d + t && holds(field, domain, &top) {
        let contact = near.widest_contact(&top, nearest, radius + 0.25 * h);
        let settled = near.settled(&top, radius, field.slack, h);
        if contact <= SAME_SIDE && at_top {
            ridge.balls.push(ball(&top, settled, contact));
        } else if contact <= SAME_SIDE {
            ridge.beside.push((index as u32, settled as f32));
        }
    }
}

/// The direction in which the distance to all walls rises fastest: of all weighted means of the directions away from
/// them the shortest (Gilbert 1966, doi:10.1137/0304007); nearly zero where none rises.
fn steepest(pushes: &[V3]) -> V3 {
    let Some(&first) = pushes.first() else { return V3::zeros() };
    let mut mean = first;
    for _ in 0..24 {
        let least = pushes.iter().copied().fold(first, |best, v| if v.dot(&mean) < best.dot(&mean) { v } else { best });
        let toward = least - mean;
        let gain = -toward.dot(&mean);
        if gain <= 1e-3 * mean.norm_squared() {
            break;
        }
        mean += toward * (gain / toward.norm_squared()).min(1.0);
    }
    mean
}

/// Moves a ball along the ridge to where it is largest within the box of half-width `window` round `p`: in each round
/// away from all that it touches, until it touches more; at a side of the box on along it. The centre, the radius and
/// the nearest triangle at the end, from where was looked last, and whether it ends within the box: the ridge then rises
/// no further.
fn climb(near: &mut Near, p: &V3, mut c: V3, mut nearest: usize, window: &V3, start: V3) -> (V3, f64, usize, bool) {
    let h = window.max() / WINDOW;
    let mut radius = near.distance[nearest];
    let mut free = start;
    for _ in 0..ROUNDS {
        let touch = radius + TOUCH * h;
        near.pushes.clear();
        near.pushes.extend(
            near.feet.iter().zip(&near.distance).filter(|(_, d)| **d <= touch && **d > 0.0).map(|(f, d)| (c - f) / *d),
        );
        near.pushes.iter_mut().for_each(|push| push.component_mul_assign(&free));
        let rise = steepest(&near.pushes);
        let Some(direction) = rise.try_normalize(0.02) else { break };
        // As far as the window allows.
        let room = |a: usize| {
            let room = window[a] - direction[a].signum() * (c[a] - p[a]);
            if direction[a] == 0.0 { f64::INFINITY } else { room.max(0.0) / direction[a].abs() }
        };
        let side = (0..3).min_by(|&a, &b| room(a).total_cmp(&room(b))).unwrap_or(0);
        let whole = room(side);
        let mut length = whole;
        if length <= 0.005 * h {
            free[side] = 0.0;
            continue;
        }
        std::mem::swap(&mut near.before, &mut near.distance);
        let held = |near: &Near| {
            let contacts = near.before.iter().zip(&near.distance).filter(|(b, _)| **b <= touch);
            contacts.map(|(_, d)| *d).fold(f64::INFINITY, f64::min)
        };
        // Back to where the next wall is as near as those it moves away from (regula falsi).
        let mut next = (c + direction * length, 0);
        for _ in 0..4 {
            next.0 = c + direction * length;
            next.1 = near.look(&next.0);
            let own = held(near);
            let wall = near.distance[next.1];
            if wall >= own - 1e-3 * h {
                break;
            }
            let (ahead, now) = (near.before[next.1] - radius, own - wall);
            length *= (ahead / (ahead + now)).clamp(0.05, 1.0);
        }
        let grown = near.distance[next.1];
        if grown <= radius {
            nearest = near.look(&c);
            break;
        }
        let little = grown <= radius + 1e-3 * h;
        (c, nearest, radius) = (next.0, next.1, grown);
        if length >= whole {
            free[side] = 0.0;
        } else if little {
            break;
        }
    }
    (c, radius, nearest, free == start)
}

/// Whether the voxel nearest to a point belongs to the domain.
fn holds(field: &DistanceField, domain: &Mask, c: &V3) -> bool {
    let mut voxel = [0; 3];
    for a in 0..3 {
        let n = field.frame.size[a] as f64;
        let mut i = (c[a] / field.frame.spacing[a]).round();
        if field.border == Border::Periodic {
            i = i.rem_euclid(n);
        }
        // At an open border a centre may lie up to the face, half a voxel beyond the last centre.
        if field.border == Border::Open
            && (c[a] < -0.5 * field.frame.spacing[a] || c[a] > (n - 0.5) * field.frame.spacing[a])
        {
            return false;
        }
        voxel[a] = i.clamp(0.0, n - 1.0) as usize;
    }
    domain.get(voxel[0], voxel[1], voxel[2])
}
