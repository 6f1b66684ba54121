//! A study: a design on a grid of one resolution, with the fields that the measures share.
//!
//! | field | bytes a voxel | lives |
//! | --- | --- | --- |
//! | signed distance | 4 | as long as the study |
//! | nearest triangle | 4 | until the balls are known, or as long as the study where it is used again |
//! | masks of body, void, solid and path region | 4 × 1/8 | as long as the study |
//! | sites of the distance field | 16 for each voxel of the band | until the distances are known |
//! | balls of the void | 24 for each voxel on the ridge, 8 for each beside it | while pores and paths are measured |
//! | owner of each voxel's ball | 4 | while pore sizes and access are measured |
//! | reach and basins of the widest paths | 8 | while access is measured; reach longer, while paths are |
//!
//! The lists that sort and bucket the balls come on top. Measured on cubic lattices: 27 bytes a voxel at 256³, 22 at 500³.

use crate::design::blocks::Blocks;
use crate::design::envelope::{Body, Envelope, EnvelopeKind};
use crate::design::phases::Binarised;
use crate::design::solid::{Design, Solid, solid_mask};
use crate::grid::{Border, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::solid::SolidMesh;
use crate::mesh::{V3, area_vector};
use crate::parallel::{Cancelled, Exec};
use crate::solver::SolveError;
use crate::voxel::distance::{DistanceField, Facet};
use crate::voxel::inside::inside;
use crate::voxel::iso_surface::iso_surface;
use crate::voxel::segmentation::smooth_field;

/// Bytes a voxel that a study takes at its peak, for the check against the budget before it begins.
pub const BYTES_PER_VOXEL: u64 = 36;

/// By how many voxels the surface between two values may lie off: its steps on slanted and round walls. Without it the
/// outermost voxels of a round pore fall to smaller balls, and spheres read 0.8 voxel lower; slabs do not change.
const SLACK: f64 = 0.25;

/// What becomes of pores that the envelope cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CutPores {
    /// Centres lie inside the envelope, distances are to solid only.
    #[default]
    Open,
    /// The envelope is a wall.
    Clip,
    /// The faces of the envelope, a box, are mirrors: what they cut goes on beyond them the other way round. No sphere
    /// about a place beyond a face covers more of the inside than its image does, so sizes are those of spheres whose
    /// centres lie inside, all of them whole.
    Mirror,
    /// The design is one cell of an endless pattern.
    Periodic,
}

impl CutPores {
    /// Name in options and methods.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Clip => "clip",
            Self::Mirror => "mirror",
            Self::Periodic => "periodic",
        }
    }

    /// Whether solid that is cut goes on beyond the cut, in the next cell or in the mirror.
    const fn goes_on(self) -> bool {
        matches!(self, Self::Periodic | Self::Mirror)
    }

    /// Whether the body has the faces that the policy needs.
    fn goes_with(self, body: &Body) -> Result<(), StudyError> {
        if self != Self::Open && body.region.is_some() {
            return Err(StudyError::Body(self.id()));
        }
        if self == Self::Mirror && !matches!(body.kind, EnvelopeKind::Box | EnvelopeKind::Grid) {
            return Err(StudyError::Mirror);
        }
        Ok(())
    }
}

/// How fine the grid is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolution {
    /// Voxels of about this size in µm, for meshes: the box is divided into a whole number of them.
    Spacing(f64),
    /// As spacing, with numbers of voxels that can be halved three times, for the levels of solvers.
    Halvable(f64),
    /// A volume's own voxels, joined in blocks of this many along each axis, with the threshold moved by `shift`.
    Native {
        /// Voxels of the volume along each axis of a voxel of the study.
        block: usize,
        /// By how much the threshold is moved.
        shift: f32,
    },
}

/// Why a study cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StudyError {
    /// It does not fit the memory budget.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The run was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A field that has no solution to report.
    #[error("{0}")]
    Unsolved(String),
    /// The resolution asked for is not possible.
    #[error("{0}")]
    Resolution(String),
    /// The body does not go with the policy for cut pores.
    #[error("--cut-pores {0} needs an envelope with flat faces: choose --envelope box, hull, cylinder or grid")]
    Body(&'static str),
    /// The body has no faces to mirror in.
    #[error("--cut-pores mirror needs a box to mirror in: choose --envelope box, or grid of a volume")]
    Mirror,
    /// One of the phases is not there at this resolution.
    #[error(
        "the grid holds {0} only: the envelope or the resolution leaves nothing to measure; use a finer --resolution or another --envelope"
    )]
    OnePhase(&'static str),
}

impl From<SolveError> for StudyError {
    fn from(error: SolveError) -> Self {
        match error {
            SolveError::Limit(e) => Self::Limit(e),
            SolveError::Cancelled(e) => Self::Cancelled(e),
            SolveError::NotConverged { .. } => Self::Unsolved(error.to_string()),
        }
    }
}

/// A design on a grid.
#[derive(Clone, Debug)]
pub struct Study<'a> {
    /// The design.
    pub design: &'a Design,
    /// The body that it is measured in.
    pub envelope: Envelope,
    /// Pores at the body's surface.
    pub cut: CutPores,
    /// Signed distances.
    pub field: DistanceField,
    /// The voxels of a volume that make those of the study, where it takes several.
    pub(crate) blocks: Option<Blocks<'a>>,
    /// Voxels of the body.
    pub inside: Mask,
    /// Voxels of solid in the body.
    pub solid: Mask,
    /// Voxels of void in the body.
    pub void: Mask,
    /// Voxels of void through which paths may run: in the body and in the convex hull of the solid.
    pub region: Mask,
}

impl<'a> Study<'a> {
    /// Computes the fields.
    ///
    /// # Errors
    /// When they do not fit the memory budget, a phase is missing, or the run was cancelled.
    pub fn new(
        design: &'a Design,
        envelope: &Envelope,
        resolution: Resolution,
        cut: CutPores,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, StudyError> {
        let border = if cut == CutPores::Periodic { Border::Periodic } else { Border::Open };
        let body = &envelope.body;
        cut.goes_with(body)?;
        let goes_on = cut.goes_on();
        let mut blocks = None;
        let (frame, surface, solid) = match &design.solid {
            Solid::Mesh(mesh) => {
                let (spacing, multiple) = match resolution {
                    Resolution::Spacing(h) => (h, 1),
                    Resolution::Halvable(h) => (h, 8),
                    Resolution::Native { .. } => (body.volume.cbrt() / 100.0, 1),
                };
                let frame = frame_of(body, spacing, multiple);
                limits.check("the study", frame.len() as u64, BYTES_PER_VOXEL)?;
                exec.stage("inside and outside")?;
                let solid = inside(&frame, &mesh.mesh, mesh.closed(), exec);
                let surface: Vec<Facet> = mesh
                    .surface
                    .iter()
                    .filter(|t| !goes_on || !body.holds_on_surface(t))
                    .map(|t| t.map(|v| facet_corner(&frame, &v)))
                    .collect();
                (frame, surface, solid)
            }
            Solid::Volume { frame, levels, phases } => {
                let (block, shift) = match resolution {
                    Resolution::Native { block, shift } => (block, shift),
                    Resolution::Spacing(_) | Resolution::Halvable(_) => (1, 0.0),
                };
                limits.check("the study", (frame.len() / block.pow(3)) as u64, BYTES_PER_VOXEL)?;
                exec.stage("surface between the phases")?;
                let joined = Blocks { frame, levels, phases, block, shift };
                let (frame, field) = signed_field(&joined, border, limits, exec)?;
                blocks = (block > 1).then_some(joined);
                // Solid at the border goes on beyond the grid only where the grid is a crop of something larger.
                let crop = body.kind == EnvelopeKind::Grid;
                let surface = surface_of(&frame, &field, border, crop, exec);
                (frame, surface, negative(&frame, &field, exec))
            }
        };
        exec.checkpoint()?;
        let parts = Parts::new(envelope, cut, &frame, &solid, exec);
        if parts.solid.is_empty() || surface.is_empty() {
            return Err(StudyError::OnePhase(if parts.solid.is_empty() { "void" } else { "solid" }));
        }
        exec.stage("signed distance")?;
        let mut field = DistanceField::new(frame, border, surface, &solid, limits, exec)?;
        if let Solid::Volume { phases: Binarised::Two(..), frame: own, .. } = &design.solid {
            // What two values leave open is part of a voxel of their own.
            field.slack = SLACK * own.coarsest();
        }
        exec.checkpoint()?;
        Ok(Self::of(design, envelope, cut, field, blocks, parts))
    }

    /// The same design in another envelope. The field is taken over where it would be the same: where the grid is.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn within(
        self,
        envelope: &Envelope,
        resolution: Resolution,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, StudyError> {
        let Self { design, cut, field, blocks, envelope: Envelope { body: own, .. }, .. } = self;
        let body = &envelope.body;
        cut.goes_with(body)?;
        let grids = [&own, body].map(|body| body.kind == EnvelopeKind::Grid);
        if cut.goes_on() || (own.low, own.high) != (body.low, body.high) || grids[0] != grids[1] {
            drop(field);
            return Self::new(design, envelope, resolution, cut, limits, exec);
        }
        // Solid at the surface itself has the distance -0.
        let solid = holding(&field.frame, &field.values, f32::is_sign_negative, exec);
        let parts = Parts::new(envelope, cut, &field.frame, &solid, exec);
        if parts.solid.is_empty() {
            return Err(StudyError::OnePhase("void"));
        }
        exec.checkpoint()?;
        Ok(Self::of(design, envelope, cut, field, blocks, parts))
    }

    fn of(
        design: &'a Design,
        envelope: &Envelope,
        cut: CutPores,
        field: DistanceField,
        blocks: Option<Blocks<'a>>,
        parts: Parts,
    ) -> Self {
        let Parts { inside, solid, void, region } = parts;
        Self { design, envelope: envelope.clone(), cut, field, blocks, inside, solid, void, region }
    }

    /// Whether a triangle of the surface, in µm and counter-clockwise seen from the void, has a voxel of this part of the
    /// void before it.
    #[must_use]
    pub fn faces(&self, triangle: &[V3; 3], part: &Mask) -> bool {
        let frame = self.frame();
        let middle = (triangle[0] + triangle[1] + triangle[2]) / 3.0;
        let Some(normal) = area_vector(*triangle).try_normalize(0.0) else { return false };
        // The voxel in front may still be solid where the surface bends: look a little further too.
        [0.6, 1.2].iter().any(|step| {
            let p = middle + normal.component_mul(&V3::from(frame.spacing)) * *step;
            let v: [Option<usize>; 3] = std::array::from_fn(|a| {
                let i = ((p[a] - frame.origin[a]) / frame.spacing[a]).round();
                (i >= 0.0 && i < frame.size[a] as f64).then_some(i as usize)
            });
            matches!(v, [Some(x), Some(y), Some(z)] if part.get(x, y, z))
        })
    }

    /// Where the voxels lie.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.field.frame
    }

    /// The same with the faces of the body as walls of the void, as [`CutPores::Clip`] asks for the sizes of pores. Paths
    /// are not walled: their ends are open.
    #[must_use]
    pub fn walled(&self) -> Self {
        let mut walled = self.clone();
        wall(&mut walled.field, &self.envelope.body, &self.void);
        walled
    }

    /// Whether pieces and cavities can be told from the shells of a mesh: they are separate, all of them lie in the body,
    /// and the cell is not one of many.
    #[must_use]
    pub fn decided_by_shells(&self, mesh: &SolidMesh) -> bool {
        mesh.separate() && self.field.border == Border::Open && self.envelope.body.region.is_none()
    }

    /// Number of voxels in the body.
    #[must_use]
    pub fn voxels(&self) -> u64 {
        self.inside.count()
    }
}

/// The voxels of a body, and what of them is what.
struct Parts {
    inside: Mask,
    solid: Mask,
    void: Mask,
    region: Mask,
}

impl Parts {
    fn new(envelope: &Envelope, cut: CutPores, frame: &Frame, all: &Mask, exec: &Exec) -> Self {
        let inside = envelope.body.mask(frame, exec);
        let mut solid = all.clone();
        solid.intersect(&inside);
        let mut void = inside.clone();
        void.subtract(all);
        let mut region = void.clone();
        if envelope.hull.volume < envelope.body.volume * (1.0 - 1e-9) && cut != CutPores::Periodic {
            region.intersect(&envelope.hull.mask(frame, exec));
        }
        Self { inside, solid, void, region }
    }
}

/// A grid over the box of the body: a whole number of voxels along each axis, of `multiple`, about as large as asked.
fn frame_of(body: &Body, spacing: f64, multiple: usize) -> Frame {
    let extent = body.high - body.low;
    let size: [usize; 3] =
        std::array::from_fn(|a| ((extent[a] / spacing - 1e-6).ceil().max(1.0) as usize).next_multiple_of(multiple));
    let spacing: [f64; 3] = std::array::from_fn(|a| extent[a] / size[a] as f64);
    let origin = std::array::from_fn(|a| body.low[a] + spacing[a] / 2.0);
    Frame { size, spacing, origin }
}

pub(super) fn facet_corner(frame: &Frame, v: &V3) -> [f32; 3] {
    std::array::from_fn(|a| (v[a] - frame.origin[a]) as f32)
}

/// A field that is negative in solid, at the resolution asked for.
fn signed_field(
    blocks: &Blocks<'_>,
    border: Border,
    limits: &Limits,
    exec: &Exec,
) -> Result<(Frame, Vec<f32>), LimitError> {
    let Blocks { frame, levels, phases, block, .. } = *blocks;
    if block == 1 && matches!(phases, Binarised::Two(..)) {
        let solid = solid_mask(frame, levels, phases, 0.0);
        return Ok((*frame, smooth_field(&solid, border == Border::Periodic, limits, exec)?));
    }
    Ok((blocks.joined(), blocks.field(limits, exec)?))
}

/// The voxels where a field is negative.
pub(super) fn negative(frame: &Frame, field: &[f32], exec: &Exec) -> Mask {
    holding(frame, field, |v| v < 0.0, exec)
}

/// The voxels where a field is so.
fn holding(frame: &Frame, field: &[f32], so: impl Fn(f32) -> bool + Sync, exec: &Exec) -> Mask {
    let [nx, ny, _] = frame.size;
    let mut mask = Mask::empty(frame.size);
    let per_row = mask.words_per_row();
    let pieces: Vec<(&mut [u64], &[f32])> =
        mask.words_mut().chunks_mut((per_row * ny).max(1)).zip(field.chunks((nx * ny).max(1))).collect();
    exec.for_each(pieces, |_, (words, field)| {
        for (words, row) in words.chunks_mut(per_row).zip(field.chunks(nx)) {
            for (word, values) in words.iter_mut().zip(row.chunks(64)) {
                *word = values.iter().enumerate().fold(0, |bits, (k, v)| bits | u64::from(so(*v)) << k);
            }
        }
    });
    mask
}

/// The zero surface of a field on a grid, out to the outer faces of its voxels; closed there unless the grid is a crop.
pub(super) fn surface_of(frame: &Frame, field: &[f32], border: Border, crop: bool, exec: &Exec) -> Vec<Facet> {
    let n = frame.size;
    let coordinates: [Vec<f64>; 3] = std::array::from_fn(|a| {
        let h = frame.spacing[a];
        match border {
            Border::Periodic => (0..=n[a]).map(|i| i as f64 * h).collect(),
            Border::Open => {
                let inner = (0..n[a]).map(|i| i as f64 * h);
                let beyond = if crop { 0.5 } else { 1.0 };
                std::iter::once(-beyond * h).chain(inner).chain([(n[a] as f64 - 1.0 + beyond) * h]).collect()
            }
        }
    });
    let at = |i: usize, a: usize| match border {
        Border::Periodic => i % n[a],
        // The outermost samples repeat the voxels at the border.
        Border::Open => i.saturating_sub(1).min(n[a] - 1),
    };
    iso_surface(
        [&coordinates[0], &coordinates[1], &coordinates[2]],
        |x, y, z| {
            let value = f64::from(field[frame.index(at(x, 0), at(y, 1), at(z, 2))]);
            let beyond = |i: usize, a: usize| i == 0 || i > n[a];
            // Void beyond the last voxel: the surface then lies on its outer face.
            let void = border == Border::Open && !crop && (beyond(x, 0) || beyond(y, 1) || beyond(z, 2));
            if void { value.abs() } else { value }
        },
        |v| [v.x as f32, v.y as f32, v.z as f32],
        exec,
    )
}

/// Makes the body's faces walls for the void: no distance reaches beyond them.
fn wall(field: &mut DistanceField, body: &Body, void: &Mask) {
    let reach = 4.0 * (body.high - body.low).norm();
    let first = field.surface.len();
    for face in &body.planes {
        let on = face.normal * face.offset;
        let middle = (body.low + body.high) / 2.0;
        let middle = middle + face.normal * face.normal.dot(&(on - middle));
        let u = face.normal.cross(&V3::ith(face.normal.abs().imin(), 1.0)).normalize();
        let v = face.normal.cross(&u);
        let corners = [middle + u * (2.0 * reach), middle - u * reach + v * reach, middle - u * reach - v * reach];
        field.surface.push(corners.map(|c| facet_corner(&field.frame, &c)));
    }
    let frame = field.frame;
    for z in 0..frame.size[2] {
        for y in 0..frame.size[1] {
            void.runs(y, z, |from, to| {
                for x in from..to {
                    let p = V3::from(frame.centre([x, y, z]));
                    let i = frame.index(x, y, z);
                    for (k, face) in body.planes.iter().enumerate() {
                        let depth = face.depth(&p) as f32;
                        if depth < field.values[i] {
                            field.values[i] = depth.max(0.0);
                            field.nearest[i] = (first + k) as u32;
                        }
                    }
                }
            });
        }
    }
}
