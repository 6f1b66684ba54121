//! A changed design: loose pieces taken out, then every surface moved by the same distance, then all scaled.
//!
//! What needs no new surface is exact: pieces are taken out by their shells, scaling multiplies coordinates, and the
//! surface of a clean mesh moves corner by corner. Where that would fold it, or shells overlap, the moved surface is that
//! of the signed distance at the offset, on a lattice of its own; sharp edges come out chamfered by up to half a cell of
//! it. A volume becomes a mesh on the way, unless it is only scaled.
//!
//! The envelope of a mesh is chosen anew, by the same rule as that of a file: a design whose struts end in the faces of
//! its box keeps the box, for the cuts do not move. That of a volume, or one from a file, is kept. Both scale.

use std::borrow::Cow;

use super::lattice::Lattice;
use super::loose::loose_pieces;
use super::mitre::mitred;
use crate::design::{CutPores, Design, Envelope, EnvelopeChoice, Options, Resolution, Solid, Study, StudyError};
use crate::grid::{Border, Frame};
use crate::limits::Limits;
use crate::mesh::solid::SolidMesh;
use crate::mesh::{Mesh, V3};
use crate::parallel::Exec;
use crate::voxel::iso_surface::iso_surface;

/// A change to a design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Whether loose pieces are taken out.
    pub remove_islands: bool,
    /// How far every surface moves outward, in µm of the design before it is scaled; negative makes struts thinner.
    pub offset: f64,
    /// Factor of all lengths.
    pub scale: f64,
}

impl Change {
    /// No change.
    pub const NONE: Self = Self { remove_islands: false, offset: 0.0, scale: 1.0 };
}

/// Voxels of a volume that are meshed one by one; larger ones in blocks.
const VOXELS: f64 = 8e6;

/// Cells across a strut of a moved surface, and how many cells it may have in all.
const ACROSS: f64 = 5.0;
const CELLS: f64 = 3e6;

/// Cells of the lattice that a moved surface is made on, in µm: a fifth of the struts that it leaves, as long as that is
/// not too many.
#[must_use]
pub fn fine_step(design: &Design, offset: f64) -> f64 {
    let body = (design.envelope.body.high - design.envelope.body.low).product();
    let least = (body / CELLS).cbrt();
    match &design.solid {
        Solid::Mesh(mesh) => {
            let strut = strut_of(mesh);
            ((strut + 2.0 * offset).max(0.3 * strut) / ACROSS).max(least)
        }
        Solid::Volume { frame, .. } => frame.coarsest().max(least),
    }
}

/// Mean width of the struts of a solid, were they all square or round bars: 4 V / A.
pub(super) fn strut_of(solid: &SolidMesh) -> f64 {
    let volume = solid.volume().unwrap_or_else(|| solid.mesh.signed_volume().abs());
    4.0 * volume / solid.area().max(f64::MIN_POSITIVE)
}

/// Border of the grid under a policy for cut pores.
pub(super) fn border_of(cut: CutPores) -> Border {
    if cut == CutPores::Periodic { Border::Periodic } else { Border::Open }
}

/// The changed design. `options` are those that the design was made with, `step` the size in µm of the cells that a moved
/// surface is made on.
///
/// # Errors
/// When nothing is left, something does not fit the memory budget, or the run was cancelled.
pub fn apply(
    design: &Design,
    change: &Change,
    options: &Options,
    step: f64,
    cut: CutPores,
    limits: &Limits,
    exec: &Exec,
) -> Result<Design, StudyError> {
    if let (Solid::Volume { frame, levels, phases }, false, 0.0) = (&design.solid, change.remove_islands, change.offset)
    {
        let s = change.scale;
        let frame =
            Frame { size: frame.size, spacing: frame.spacing.map(|h| h * s), origin: frame.origin.map(|o| o * s) };
        let mut source = design.source.clone();
        source.spacing_um = Some(frame.spacing);
        return Ok(Design {
            source,
            solid: Solid::Volume { frame, levels: levels.clone(), phases: *phases },
            envelope: design.envelope.scaled(s),
            findings: design.findings.clone(),
        });
    }
    let kept = keeps_envelope(design, options);
    let design = as_mesh(design, cut, limits, exec)?;
    let Solid::Mesh(solid) = &design.solid else { return Err(StudyError::OnePhase("nothing")) };
    let body = &design.envelope.body;
    let border = border_of(cut);
    let mut mesh = None;
    if change.remove_islands {
        mesh = Some(loose_pieces(solid, body, border, step, exec).1);
    }
    let mut changed = None;
    if change.offset != 0.0 {
        let cleaned = match mesh.take() {
            Some(mesh) => Cow::Owned(SolidMesh::new(mesh, exec)?),
            None => Cow::Borrowed(&**solid),
        };
        changed = mitred(&cleaned, body, change.offset, exec)?;
        if changed.is_none() {
            let lattice = Lattice::of(&cleaned, body, step, border, limits, exec)?;
            mesh = Some(lattice.surface(change.offset, exec).ok_or(StudyError::OnePhase("void"))?);
        }
    }
    let solid = match (changed, change.scale) {
        (Some(changed), 1.0) => changed,
        (changed, scale) => {
            let mut mesh = changed.map(|c| c.mesh).or(mesh).unwrap_or_else(|| solid.mesh.clone());
            mesh.scale(scale);
            SolidMesh::new(mesh, exec)?
        }
    };
    dressed(&design, solid, kept, change.scale, options)
}

/// Whether the changed design keeps the body of the design, rather than to have its own chosen.
pub(super) fn keeps_envelope(design: &Design, options: &Options) -> bool {
    matches!(design.solid, Solid::Volume { .. }) || matches!(options.envelope, EnvelopeChoice::Region(_))
}

/// A changed solid as a design with source and envelope.
pub(super) fn dressed(
    design: &Design,
    solid: SolidMesh,
    kept: bool,
    scale: f64,
    options: &Options,
) -> Result<Design, StudyError> {
    let bounds = solid.mesh.bounds().ok_or(StudyError::OnePhase("void"))?;
    let envelope = if kept {
        design.envelope.scaled(scale)
    } else {
        Envelope::choose(&options.envelope, bounds, &solid.mesh.vertices, None, false)
            .map_err(|_| StudyError::OnePhase("void"))?
    };
    let mut source = design.source.clone();
    source.triangles = Some(solid.mesh.triangles.len());
    Ok(Design { source, solid: Solid::Mesh(Box::new(solid)), envelope, findings: Vec::new() })
}

/// How many voxels of a volume along each axis are joined for its mesh.
fn joined(frame: &Frame) -> usize {
    ((frame.len() as f64 / VOXELS).cbrt().ceil() as usize).max(1)
}

/// Whether the mesh of a design has its struts of this width: those of a large volume may be lost between its voxels.
pub(super) fn holds_struts(design: &Design, strut: f64) -> bool {
    match &design.solid {
        Solid::Mesh(_) => true,
        Solid::Volume { frame, .. } => strut >= joined(frame) as f64 * frame.coarsest(),
    }
}

/// The design as a mesh: itself, or the surface between the phases of a volume, closed on the faces of its grid.
///
/// # Errors
/// When a field does not fit the memory budget, or the run was cancelled.
pub fn as_mesh<'a>(
    design: &'a Design,
    cut: CutPores,
    limits: &Limits,
    exec: &Exec,
) -> Result<Cow<'a, Design>, StudyError> {
    let Solid::Volume { frame, .. } = &design.solid else { return Ok(Cow::Borrowed(design)) };
    let block = joined(frame);
    let resolution = Resolution::Native { block, shift: 0.0 };
    let study = Study::new(design, &design.envelope, resolution, cut, limits, exec)?;
    let grid = *study.frame();
    let (low, high) = grid.bounds();
    let coordinates: [Vec<f64>; 3] = std::array::from_fn(|a| {
        let centres = (0..grid.size[a]).map(|i| grid.origin[a] + i as f64 * grid.spacing[a]);
        [low[a]; 2].into_iter().chain(centres).chain([high[a]; 2]).collect()
    });
    let last = grid.size.map(|n| n + 3);
    let values = &study.field.values;
    let grain = 1e-3 * grid.spacing.iter().copied().fold(f64::INFINITY, f64::min);
    let sample = |x: usize, y: usize, z: usize| {
        let at = [x, y, z];
        if (0..3).any(|a| at[a] == 0 || at[a] == last[a]) {
            return grid.coarsest();
        }
        let value = |at: [usize; 3]| {
            let v = [0, 1, 2].map(|a| at[a].saturating_sub(2).min(grid.size[a] - 1));
            f64::from(values[grid.index(v[0], v[1], v[2])])
        };
        let mut mean = value(at);
        if cut == CutPores::Periodic {
            // A face of the cell lies midway between its first and its last voxels.
            let mut images = vec![at];
            for a in (0..3).filter(|&a| at[a] == 1 || at[a] + 1 == last[a]) {
                let other: Vec<[usize; 3]> = images
                    .iter()
                    .map(|image| {
                        let mut image = *image;
                        image[a] = last[a] - image[a];
                        image
                    })
                    .collect();
                images.extend(other);
            }
            mean = images.iter().map(|i| value(*i)).sum::<f64>() / images.len() as f64;
        }
        if mean.abs() < grain { grain.copysign(mean) } else { mean }
    };
    let triangles: Vec<[V3; 3]> =
        iso_surface([&coordinates[0], &coordinates[1], &coordinates[2]], sample, |v| *v, exec)
            .into_iter()
            .filter(|[a, b, c]| a != b && b != c && c != a)
            .collect();
    let mesh = Mesh::weld(&triangles).map_err(|_| StudyError::OnePhase("nothing"))?;
    let solid = SolidMesh::sound(mesh, exec);
    Ok(Cow::Owned(dressed(design, solid, true, 1.0, &Options::default())?))
}
