//! The envelope: the body whose volume is the total volume, printed with every porosity.
//!
//! A body is convex and given by planes, so that a box, a hull and the grid of a volume are one thing.

use crate::grid::{Frame, Mask};
use crate::mesh::hull::{Flat, convex_hull};
use crate::mesh::{Mesh, V3};
use crate::parallel::Exec;

/// The six sides, in the order -x +x -y +y -z +z.
pub const SIDES: usize = 6;

/// How full a box has to be of the convex hull of the solid to be taken for the design's body.
const FULL: f64 = 0.95;

/// What the user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EnvelopeChoice {
    /// The smallest simple body that the hull fills to 95 %, else the hull; the grid for a volume that is a crop.
    #[default]
    Auto,
    /// The box along the axes round the solid.
    Box,
    /// The convex hull of the solid.
    Hull,
    /// The grid of a volume.
    Grid,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeKind {
    /// A box along the axes.
    Box,
    /// A convex hull.
    Hull,
    /// The grid of a volume.
    Grid,
}

impl EnvelopeKind {
    /// Name in reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Hull => "hull",
            Self::Grid => "grid",
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

/// A convex body.
#[derive(Clone, Debug)]
pub struct Body {
    /// What it is.
    pub kind: EnvelopeKind,
    /// Its faces.
    pub planes: Vec<Plane>,
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
        Self { kind, planes, volume: (high - low).product(), low, high }
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
        Ok(Self { kind: EnvelopeKind::Hull, planes, volume: mesh.signed_volume(), low, high })
    }

    /// How far inside the body a point lies: its distance to the nearest face, negative outside.
    #[must_use]
    #[inline]
    pub fn depth(&self, p: &V3) -> f64 {
        self.planes.iter().map(|plane| plane.depth(p)).fold(f64::INFINITY, f64::min)
    }

    /// The faces that are not sides of this axis.
    #[must_use]
    pub fn lateral(&self, axis: usize) -> Vec<Plane> {
        self.planes.iter().copied().filter(|face| face.side() / 2 != axis).collect()
    }

    /// The voxels whose centres lie in the body.
    #[must_use]
    pub fn mask(&self, frame: &Frame, exec: &Exec) -> Mask {
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
        choice: EnvelopeChoice,
        bounds: (V3, V3),
        points: &[V3],
        grid: Option<(V3, V3)>,
        crop: bool,
    ) -> Result<Self, Flat> {
        let hull = Body::hull(points)?;
        let cuboid = Body::cuboid(EnvelopeKind::Box, bounds.0, bounds.1);
        let fill = hull.volume / cuboid.volume;
        let percent = format!("hull fills {:.1} % of the box", 100.0 * fill);
        let whole = |(low, high)| Body::cuboid(EnvelopeKind::Grid, low, high);
        let (body, auto, reason) = match (choice, grid) {
            (EnvelopeChoice::Box, _) | (EnvelopeChoice::Grid, None) => (cuboid, false, "as asked".to_owned()),
            (EnvelopeChoice::Hull, _) => (hull.clone(), false, "as asked".to_owned()),
            (EnvelopeChoice::Grid, Some(grid)) => (whole(grid), false, "as asked".to_owned()),
            (EnvelopeChoice::Auto, Some(grid)) if crop => {
                (whole(grid), false, "auto: solid reaches opposite faces of the grid".to_owned())
            }
            (EnvelopeChoice::Auto, _) if fill >= FULL => (cuboid, fill < 1.0 - 1e-6, format!("auto: {percent}")),
            (EnvelopeChoice::Auto, _) => (hull.clone(), false, format!("auto: {percent}")),
        };
        Ok(Self { body, hull, auto, reason })
    }

    /// The envelope with the hull as its body: the other reading, in which a verdict has to hold as well.
    #[must_use]
    pub fn as_hull(&self) -> Self {
        Self { body: self.hull.clone(), hull: self.hull.clone(), auto: false, reason: self.reason.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_box_is_taken_and_a_ball_is_not() {
        let corners: Vec<V3> =
            (0..8).map(|i| V3::new(f64::from(i & 1), f64::from(i >> 1 & 1), f64::from(i >> 2))).collect();
        let bounds = (V3::zeros(), V3::new(1.0, 1.0, 1.0));
        let boxed = Envelope::choose(EnvelopeChoice::Auto, bounds, &corners, None, false).unwrap();
        assert_eq!((boxed.body.kind, boxed.auto), (EnvelopeKind::Box, false), "{}", boxed.reason);
        let ball = crate::mesh::shapes::sphere([0.5; 3], 0.5, 16).vertices;
        let round = Envelope::choose(EnvelopeChoice::Auto, bounds, &ball, None, false).unwrap();
        assert_eq!(round.body.kind, EnvelopeKind::Hull);
        assert!((round.body.volume - std::f64::consts::PI / 6.0).abs() < 0.02);
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
