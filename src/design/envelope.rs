//! The envelope: the body whose volume is the total volume, printed with every porosity.
//!
//! A body is convex and given by planes, so that a box, a hull, a cylinder and the grid of a volume are one thing; or it
//! is a region of any shape, from a file.

use std::sync::Arc;

use super::region::Region;
use crate::grid::{Frame, Mask};
use crate::mesh::hull::{Flat, convex_hull};
use crate::mesh::{Mesh, V3};
use crate::parallel::Exec;

/// The six sides, in the order -x +x -y +y -z +z.
pub const SIDES: usize = 6;

/// How full a box has to be of the convex hull of the solid to be taken for the design's body.
const FULL: f64 = 0.95;

/// Planes round a cylinder: they lie outside of it by at most 0.02 % of its radius.
const ROUND: usize = 180;

/// What the user asks for.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum EnvelopeChoice {
    /// The smallest simple body that the hull fills to 95 %, else the hull; the grid for a volume that is a crop.
    #[default]
    Auto,
    /// The box along the axes round the solid.
    Box,
    /// The convex hull of the solid.
    Hull,
    /// The smallest cylinder along an axis round the solid, of the three the one with the least volume.
    Cylinder,
    /// What a ball of this diameter in µm cannot sweep that rolls in from outside; of half the shortest side of the box
    /// round the solid when nothing is said.
    Wrap(Option<f64>),
    /// The grid of a volume.
    Grid,
    /// A body of any shape, from a file.
    Region(Arc<Region>),
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeKind {
    /// A box along the axes.
    Box,
    /// A convex hull.
    Hull,
    /// A cylinder along x, y or z.
    Cylinder,
    /// The solid and what a ball from outside cannot sweep.
    Wrap,
    /// The grid of a volume.
    Grid,
    /// A region from a file.
    File,
}

impl EnvelopeKind {
    /// Name in reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Hull => "hull",
            Self::Cylinder => "cylinder",
            Self::Wrap => "wrap",
            Self::Grid => "grid",
            Self::File => "file",
        }
    }
}

/// A half space: points with `normal · p <= offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    /// Outward unit normal.
    pub normal: V3,
    /// Distance from the origin, in µm.
    pub offset: f64,
}

impl Plane {
    /// How far inside the half space a point lies, in µm.
    #[must_use]
    #[inline]
    pub fn depth(&self, p: &V3) -> f64 {
        self.offset - self.normal.dot(p)
    }

    /// The side that the normal is nearest to, as an index into the six sides.
    #[must_use]
    pub fn side(&self) -> usize {
        let axis = self.normal.abs().imax();
        2 * axis + usize::from(self.normal[axis] > 0.0)
    }
}

/// A body.
#[derive(Clone, Debug)]
pub struct Body {
    /// What it is.
    pub kind: EnvelopeKind,
    /// Its faces, where it is convex.
    pub planes: Vec<Plane>,
    /// Its shape, where it came from a file.
    pub region: Option<Arc<Region>>,
    /// How far from its surface a corner of a triangle may lie that coincides with it, in µm.
    slack: f64,
    /// Volume in µm³.
    pub volume: f64,
    /// Lower corner of its box, in µm.
    pub low: V3,
    /// Upper corner of its box, in µm.
    pub high: V3,
}

impl Body {
    /// A box along the axes.
    #[must_use]
    pub fn cuboid(kind: EnvelopeKind, low: V3, high: V3) -> Self {
        let planes = (0..SIDES)
            .map(|s| {
                let mut normal = V3::zeros();
                normal[s / 2] = if s % 2 == 1 { 1.0 } else { -1.0 };
                Plane { normal, offset: if s % 2 == 1 { high[s / 2] } else { -low[s / 2] } }
            })
            .collect();
        Self { kind, planes, region: None, slack: slack(low, high), volume: (high - low).product(), low, high }
    }

    /// The smallest cylinder along an axis round points.
    #[must_use]
    pub fn cylinder(points: &[V3], axis: usize) -> Self {
        let (b, c) = ((axis + 1) % 3, (axis + 2) % 3);
        let flat: Vec<[f64; 2]> = points.iter().map(|p| [p[b], p[c]]).collect();
        let (centre, radius) = smallest_circle(&flat);
        let along = points.iter().map(|p| p[axis]);
        let (from, to) = along.fold((f64::MAX, f64::MIN), |(low, high), s| (low.min(s), high.max(s)));
        let end = |outward: f64, at: f64| {
            let mut normal = V3::zeros();
            normal[axis] = outward;
            Plane { normal, offset: outward * at }
        };
        let mut planes = vec![end(-1.0, from), end(1.0, to)];
        for k in 0..ROUND {
            let angle = std::f64::consts::TAU * k as f64 / ROUND as f64;
            let mut normal = V3::zeros();
            (normal[b], normal[c]) = (angle.cos(), angle.sin());
            planes.push(Plane { normal, offset: normal[b] * centre[0] + normal[c] * centre[1] + radius });
        }
        let (mut low, mut high) = (V3::zeros(), V3::zeros());
        (low[axis], high[axis]) = (from, to);
        for (a, middle) in [(b, centre[0]), (c, centre[1])] {
            (low[a], high[a]) = (middle - radius, middle + radius);
        }
        let volume = std::f64::consts::PI * radius * radius * (to - from);
        // Corners on the circle lie inside the planes by at most this.
        let sag = radius * (1.0 - (std::f64::consts::PI / ROUND as f64).cos()) * 1.01;
        Self { kind: EnvelopeKind::Cylinder, planes, region: None, slack: slack(low, high) + sag, volume, low, high }
    }

    /// A region: from a file, or a wrap.
    #[must_use]
    pub fn region(kind: EnvelopeKind, region: Arc<Region>) -> Self {
        let (low, high, volume, slack) = (region.low, region.high, region.volume, region.slack());
        Self { kind, planes: Vec::new(), region: Some(region), slack, volume, low, high }
    }

    /// The convex hull of points.
    ///
    /// # Errors
    /// When the points span no volume.
    pub fn hull(points: &[V3]) -> Result<Self, Flat> {
        let mesh: Mesh = convex_hull(points)?;
        let (low, high) = mesh.bounds().ok_or(Flat)?;
        let size = (high - low).norm();
        let mut planes: Vec<Plane> = Vec::new();
        for t in 0..mesh.triangles.len() {
            let [a, b, c] = mesh.corners(t);
            let normal = (b - a).cross(&(c - a));
            if normal.norm() <= 1e-14 * size * size {
                continue;
            }
            let normal = normal.normalize();
            let offset = normal.dot(&a);
            let same = |p: &&Plane| (p.normal - normal).norm() < 1e-7 && (p.offset - offset).abs() < 1e-7 * size;
            if !planes.iter().any(|p| same(&p)) {
                planes.push(Plane { normal, offset });
            }
        }
        let (volume, slack) = (mesh.signed_volume(), slack(low, high));
        Ok(Self { kind: EnvelopeKind::Hull, planes, region: None, slack, volume, low, high })
    }

    /// The body of a design that is scaled about the origin.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let planes = self.planes.iter().map(|p| Plane { normal: p.normal, offset: p.offset * factor }).collect();
        Self {
            kind: self.kind,
            planes,
            region: self.region.as_ref().map(|r| Arc::new(r.scaled(factor))),
            slack: self.slack * factor,
            volume: self.volume * factor.powi(3),
            low: self.low * factor,
            high: self.high * factor,
        }
    }

    /// The body, moved; `None` where its shape came from a file.
    #[must_use]
    pub fn shifted(&self, by: &V3) -> Option<Self> {
        if self.region.is_some() {
            return None;
        }
        let mut moved = Self { low: self.low + by, high: self.high + by, ..self.clone() };
        for plane in &mut moved.planes {
            plane.offset += plane.normal.dot(by);
        }
        Some(moved)
    }

    /// How far inside the body a point lies: its distance to the nearest face, negative outside.
    #[must_use]
    #[inline]
    pub fn depth(&self, p: &V3) -> f64 {
        if let Some(region) = &self.region {
            return region.depth(p);
        }
        self.planes.iter().map(|plane| plane.depth(p)).fold(f64::INFINITY, f64::min)
    }

    /// Whether a triangle lies on the surface of the body, where the body cuts the solid.
    #[must_use]
    pub fn holds_on_surface(&self, triangle: &[V3; 3]) -> bool {
        let on_plane = |face: &Plane| triangle.iter().all(|v| face.depth(v).abs() <= self.slack);
        match self.kind {
            EnvelopeKind::Box | EnvelopeKind::Hull | EnvelopeKind::Grid => self.planes.iter().any(on_plane),
            // A facet of a round wall has its corners at different planes, and does not face along the axis.
            EnvelopeKind::Cylinder => {
                let (ends, wall) = self.planes.split_at(2);
                let on_wall =
                    |v: &V3| wall.iter().map(|face| face.depth(v)).fold(f64::INFINITY, f64::min).abs() <= self.slack;
                ends.iter().any(on_plane) || (triangle.iter().all(on_wall) && self.faces_outward(triangle, wall))
            }
            EnvelopeKind::Wrap | EnvelopeKind::File => {
                triangle.iter().all(|v| self.depth(v).abs() <= self.slack)
                    && self.depth(&((triangle[0] + triangle[1] + triangle[2]) / 3.0)).abs() <= self.slack
            }
        }
    }

    /// Whether a facet between voxels bounds the body itself: within `slack` of one of its faces, and facing as it does.
    #[must_use]
    pub fn bounds(&self, triangle: &[V3; 3], normal: &V3, slack: f64) -> bool {
        let near = |face: &Plane| triangle.iter().all(|v| face.depth(v).abs() <= slack);
        let length = normal.norm();
        length > 0.0 && self.planes.iter().any(|face| face.normal.dot(normal) > 0.9 * length && near(face))
    }

    /// Whether a triangle faces as one of the planes does, to a few degrees.
    fn faces_outward(&self, triangle: &[V3; 3], planes: &[Plane]) -> bool {
        let normal = crate::mesh::area_vector(*triangle).try_normalize(0.0);
        normal.is_some_and(|n| planes.iter().any(|face| face.normal.dot(&n).abs() > 0.998))
    }

    /// The faces that are not sides of this axis.
    #[must_use]
    pub fn lateral(&self, axis: usize) -> Vec<Plane> {
        self.planes.iter().copied().filter(|face| face.side() / 2 != axis).collect()
    }

    /// The voxels whose centres lie in the body.
    #[must_use]
    pub fn mask(&self, frame: &Frame, exec: &Exec) -> Mask {
        if let Some(region) = &self.region {
            return region.mask(frame, exec);
        }
        let mut mask = Mask::empty(frame.size);
        let [nx, ny, _] = frame.size;
        let per_row = mask.words_per_row();
        exec.chunks(mask.words_mut(), per_row * ny, |z, plane| {
            for y in 0..ny {
                // The stretch of the row inside all half spaces.
                let start = V3::from(frame.centre([0, y, z]));
                let (mut from, mut to) = (0.0f64, nx as f64 - 1.0);
                for face in &self.planes {
                    let depth = face.depth(&start);
                    let per_voxel = -face.normal.x * frame.spacing[0];
                    let slack = 1e-9 * frame.spacing[0];
                    if per_voxel.abs() < 1e-12 * frame.spacing[0] {
                        if depth < -slack {
                            to = -1.0;
                        }
                    } else if per_voxel > 0.0 {
                        from = from.max(((-depth - slack) / per_voxel).ceil());
                    } else {
                        to = to.min(((depth + slack) / -per_voxel).floor());
                    }
                }
                if from <= to {
                    for x in from as usize..=to as usize {
                        plane[y * per_row + x / 64] |= 1 << (x % 64);
                    }
                }
            }
        });
        mask
    }

    /// For each of the six sides the voxels of `inside` (the body's mask) that lie on it.
    #[must_use]
    pub fn sides(&self, frame: &Frame, inside: &Mask) -> [Mask; SIDES] {
        let mut sides: [Mask; SIDES] = std::array::from_fn(|_| Mask::empty(frame.size));
        let reach = frame.coarsest();
        let rim = inside.rim();
        for z in 0..frame.size[2] {
            for y in 0..frame.size[1] {
                rim.runs(y, z, |from, to| {
                    for x in from..to {
                        let p = V3::from(frame.centre([x, y, z]));
                        if let Some(region) = &self.region {
                            sides[region.side(&p)].insert(x, y, z);
                            continue;
                        }
                        let nearest = self.depth(&p);
                        for face in &self.planes {
                            if face.depth(&p) <= nearest.max(0.0) + 1e-6 * reach || face.depth(&p) <= 0.5001 * reach {
                                sides[face.side()].insert(x, y, z);
                            }
                        }
                    }
                });
            }
        }
        sides
    }
}

/// A body with the reason for it, and the hull of the solid beside it.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The body.
    pub body: Body,
    /// Convex hull of the solid: paths through the void run inside it.
    pub hull: Body,
    /// Whether the body was chosen by rule; a check then has to hold in the hull as well.
    pub auto: bool,
    /// The wrap of the solid, where the body was chosen by rule and the wrap holds much less than the hull: a check then
    /// has to hold in it as well.
    pub wrap: Option<Body>,
    /// Why this body, for people.
    pub reason: String,
}

impl Envelope {
    /// Chooses the body of a solid: `bounds` is its box, `points` have its convex hull, `grid` are the outer faces of a
    /// volume's grid, and `crop` says that the solid reaches opposite faces of it.
    ///
    /// # Errors
    /// When the solid spans no volume.
    pub fn choose(
        choice: &EnvelopeChoice,
        bounds: (V3, V3),
        points: &[V3],
        grid: Option<(V3, V3)>,
        crop: bool,
    ) -> Result<Self, Flat> {
        let hull = Body::hull(points)?;
        let cuboid = Body::cuboid(EnvelopeKind::Box, bounds.0, bounds.1);
        let cylinder = || {
            let all = (0..3).map(|axis| Body::cylinder(points, axis));
            all.min_by(|a, b| a.volume.total_cmp(&b.volume)).unwrap_or_else(|| cuboid.clone())
        };
        let whole = |(low, high)| Body::cuboid(EnvelopeKind::Grid, low, high);
        let asked = |body: Body| (body, false, "as asked".to_owned());
        let (body, auto, reason) = match (choice, grid) {
            (EnvelopeChoice::Box, _) | (EnvelopeChoice::Grid, None) => asked(cuboid),
            (EnvelopeChoice::Hull, _) => asked(hull.clone()),
            (EnvelopeChoice::Cylinder, _) => asked(cylinder()),
            // Where it is asked for, the wrap takes the place of the hull that it lies in.
            (EnvelopeChoice::Wrap(_), _) => asked(hull.clone()),
            (EnvelopeChoice::Grid, Some(grid)) => asked(whole(grid)),
            (EnvelopeChoice::Region(region), _) => {
                (Body::region(EnvelopeKind::File, Arc::clone(region)), false, region.name.clone())
            }
            (EnvelopeChoice::Auto, Some(grid)) if crop => {
                (whole(grid), false, "auto: solid reaches opposite faces of the grid".to_owned())
            }
            (EnvelopeChoice::Auto, _) => {
                let cylinder = cylinder();
                let body = if cuboid.volume <= cylinder.volume { cuboid } else { cylinder };
                let fill = hull.volume / body.volume;
                let reason = format!("auto: hull fills {:.1} % of the {}", 100.0 * fill, body.kind.id());
                if fill >= FULL { (body, fill < 1.0 - 1e-6, reason) } else { (hull.clone(), false, reason) }
            }
        };
        Ok(Self { body, hull, auto, wrap: None, reason })
    }

    /// The envelope of a design that is scaled about the origin.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            body: self.body.scaled(factor),
            hull: self.hull.scaled(factor),
            auto: self.auto,
            wrap: self.wrap.as_ref().map(|wrap| wrap.scaled(factor)),
            reason: self.reason.clone(),
        }
    }

    /// The envelope, moved; `None` where its shape came from a file.
    #[must_use]
    pub fn shifted(&self, by: &V3) -> Option<Self> {
        let wrap = self.wrap.as_ref().and_then(|wrap| wrap.shifted(by));
        Some(Self { body: self.body.shifted(by)?, hull: self.hull.shifted(by)?, wrap, ..self.clone() })
    }

    /// The envelope with the hull as its body: the other reading, in which a verdict has to hold as well.
    #[must_use]
    pub fn as_hull(&self) -> Self {
        self.with(self.hull.clone())
    }

    /// The envelope with another body, as it was asked for.
    #[must_use]
    pub fn with(&self, body: Body) -> Self {
        Self { body, hull: self.hull.clone(), auto: false, wrap: None, reason: self.reason.clone() }
    }
}

fn slack(low: V3, high: V3) -> f64 {
    1e-6 * (high - low).norm()
}

/// The smallest circle round points: centre and radius (Welzl 1991, doi:10.1007/BFb0038202, without recursion).
fn smallest_circle(points: &[[f64; 2]]) -> ([f64; 2], f64) {
    let apart = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let across = |a: [f64; 2], b: [f64; 2]| ([(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0], apart(a, b) / 2.0);
    let through = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| {
        let (bx, by, cx, cy) = (b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]);
        let d = 2.0 * (bx * cy - by * cx);
        let (bb, cc) = (bx * bx + by * by, cx * cx + cy * cy);
        let centre = [a[0] + (cy * bb - by * cc) / d, a[1] + (bx * cc - cx * bb) / d];
        (centre, apart(centre, a))
    };
    let Some(&first) = points.first() else { return ([0.0; 2], 0.0) };
    let holds = |circle: &([f64; 2], f64), p: [f64; 2]| apart(circle.0, p) <= circle.1 * (1.0 + 1e-12) + 1e-12;
    let mut circle = (first, 0.0);
    for (i, &p) in points.iter().enumerate() {
        if holds(&circle, p) {
            continue;
        }
        circle = (p, 0.0);
        for (j, &q) in points[..i].iter().enumerate() {
            if holds(&circle, q) {
                continue;
            }
            circle = across(p, q);
            for &r in &points[..j] {
                if !holds(&circle, r) {
                    let new = through(p, q, r);
                    if new.1.is_finite() {
                        circle = new;
                    }
                }
            }
        }
    }
    circle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_box_is_taken_and_a_ball_is_not() {
        let corners: Vec<V3> =
            (0..8).map(|i| V3::new(f64::from(i & 1), f64::from(i >> 1 & 1), f64::from(i >> 2))).collect();
        let bounds = (V3::zeros(), V3::new(1.0, 1.0, 1.0));
        let boxed = Envelope::choose(&EnvelopeChoice::Auto, bounds, &corners, None, false).unwrap();
        assert_eq!((boxed.body.kind, boxed.auto), (EnvelopeKind::Box, false), "{}", boxed.reason);
        let ball = crate::mesh::shapes::sphere([0.5; 3], 0.5, 16).vertices;
        let round = Envelope::choose(&EnvelopeChoice::Auto, bounds, &ball, None, false).unwrap();
        assert_eq!(round.body.kind, EnvelopeKind::Hull);
        assert!((round.body.volume - std::f64::consts::PI / 6.0).abs() < 0.02);
    }

    #[test]
    fn a_body_that_is_moved_and_scaled_is_that_of_the_moved_and_scaled_solid() {
        let ball = crate::mesh::shapes::sphere([0.5; 3], 0.5, 9).vertices;
        let by = V3::new(3.0, -1.0, 0.25);
        for body in [Body::hull(&ball).unwrap(), Body::cylinder(&ball, 1)] {
            let (moved, scaled) = (body.shifted(&by).unwrap(), body.scaled(2.5));
            assert!((scaled.volume - body.volume * 2.5f64.powi(3)).abs() < 1e-12);
            for p in &ball {
                let p = p * 0.9;
                assert!((moved.depth(&(p + by)) - body.depth(&p)).abs() < 1e-12);
                assert!((scaled.depth(&(p * 2.5)) - 2.5 * body.depth(&p)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_round_block_gets_a_cylinder() {
        let turn = std::f64::consts::TAU / 48.0;
        let points: Vec<V3> = (0..96)
            .map(|i| {
                let angle = turn * f64::from(i / 2);
                V3::new(10.0 + 3.0 * angle.cos(), f64::from(i % 2) * 8.0, 3.0 * angle.sin() - 2.0)
            })
            .collect();
        let bounds = (V3::new(7.0, 0.0, -5.0), V3::new(13.0, 8.0, 1.0));
        let round = Envelope::choose(&EnvelopeChoice::Auto, bounds, &points, None, false).unwrap();
        assert_eq!(round.body.kind, EnvelopeKind::Cylinder, "{}", round.reason);
        assert!((round.body.volume / (std::f64::consts::PI * 9.0 * 8.0) - 1.0).abs() < 1e-9);
        assert!((round.body.depth(&V3::new(10.0, 4.0, -2.0)) - 3.0).abs() < 1e-9);
        let wall = [points[0], points[1], points[2]];
        let end = [points[0], points[2], points[20]];
        let inner = [points[0], points[1], V3::new(10.0, 4.0, -2.0)];
        assert!(round.body.holds_on_surface(&wall) && round.body.holds_on_surface(&end));
        assert!(!round.body.holds_on_surface(&inner));
        // From end to end as the wall, and facing as it does, but within: a rod's.
        let rod = wall.map(|v| V3::new(10.0 + (v.x - 10.0) / 2.0, v.y, -2.0 + (v.z + 2.0) / 2.0));
        assert!(!round.body.holds_on_surface(&rod));
    }

    #[test]
    fn the_mask_and_the_sides_of_a_box_are_its_voxels_and_faces() {
        let frame = Frame { size: [5, 4, 3], spacing: [1.0, 1.0, 1.0], origin: [0.5; 3] };
        let body = Body::cuboid(EnvelopeKind::Box, V3::zeros(), V3::new(5.0, 4.0, 3.0));
        let mask = body.mask(&frame, &Exec::silent(1).unwrap());
        assert_eq!(mask.count(), 60);
        let sides = body.sides(&frame, &mask);
        assert_eq!(sides.each_ref().map(Mask::count), [12, 12, 15, 15, 20, 20]);
    }
}
