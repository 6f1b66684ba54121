//! A body of any shape: the inside of a mesh, or the solid of a mask volume.
//!
//! How deep a point lies is sampled on a grid of its own and interpolated between the samples; the volume is that of the
//! mesh (divergence theorem) or the count of the mask's voxels, exactly. 8 bytes a sample.

use nalgebra::Matrix3;

use super::{Design, DesignError, Solid};
use crate::grid::{Border, Frame, Lie, Mask};
use crate::input::InputError;
use crate::limits::{LimitError, Limits};
use crate::mesh::closest::closest_point;
use crate::mesh::solid::SolidMesh;
use crate::mesh::{Mesh, V3};
use crate::parallel::Exec;
use crate::voxel::distance::{DistanceField, Facet};
use crate::voxel::inside::inside;
use crate::voxel::iso_surface::iso_surface;
use crate::voxel::segmentation::smooth_field;

/// Samples along the longest side of a mesh.
const SAMPLES: f64 = 128.0;

/// Samples beyond the body on each side.
const MARGIN: usize = 2;

/// A body of any shape.
#[derive(Clone, PartialEq)]
pub struct Region {
    /// The file that it came from, and the SHA-256 of its bytes.
    pub name: String,
    /// SHA-256 of the bytes of the file.
    pub sha256: String,
    /// Volume in µm³.
    pub volume: f64,
    /// Lower corner of its box, in µm.
    pub low: V3,
    /// Upper corner of its box, in µm.
    pub high: V3,
    pub(super) frame: Frame,
    /// How deep each sample lies, in µm: negative outside.
    pub(super) depth: Vec<f32>,
    /// The triangles of the surface, in µm from the first sample, and the one that is nearest to each sample; none where
    /// samples do.
    pub(super) surface: Vec<Facet>,
    pub(super) nearest: Vec<u32>,
    /// The mesh, where there is one: it decides what lies inside.
    pub(super) mesh: Option<(Mesh, bool)>,
    /// How its axes lie in the coordinates of the file, where the file says so.
    pub(super) lie: Option<Lie>,
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Region").field("sha256", &self.sha256).field("volume", &self.volume).finish_non_exhaustive()
    }
}

impl Region {
    /// The body that a design fills.
    ///
    /// # Errors
    /// When its samples do not fit the memory budget.
    pub fn of(design: &Design, name: String, limits: &Limits, exec: &Exec) -> Result<Self, LimitError> {
        let sha256 = design.source.sha256.clone();
        match &design.solid {
            Solid::Mesh(solid) => Self::of_mesh(solid, name, sha256, design.source.lie, limits, exec),
            Solid::Volume { frame: grid, levels, phases } => {
                let [nx, ny, nz] = grid.size;
                let size = grid.size.map(|n| n + 2 * MARGIN);
                let origin = std::array::from_fn(|a| grid.origin[a] - MARGIN as f64 * grid.spacing[a]);
                let frame = Frame { size, spacing: grid.spacing, origin };
                let mut solid = Mask::empty(size);
                let (mut low, mut high) = (grid.size, [0; 3]);
                for z in 0..nz {
                    for y in 0..ny {
                        for x in 0..nx {
                            if phases.signed(levels.get(grid.index(x, y, z)), 0.0) < 0.0 {
                                solid.insert(x + MARGIN, y + MARGIN, z + MARGIN);
                                for (a, i) in [x, y, z].into_iter().enumerate() {
                                    low[a] = low[a].min(i);
                                    high[a] = high[a].max(i);
                                }
                            }
                        }
                    }
                }
                let half = V3::from(grid.spacing) / 2.0;
                let volume = solid.count() as f64 * grid.voxel_volume();
                let smooth = smooth_field(&solid, false, limits, exec)?;
                let coordinates: [Vec<f64>; 3] =
                    std::array::from_fn(|a| (0..size[a]).map(|i| i as f64 * grid.spacing[a]).collect());
                let facets = iso_surface(
                    [&coordinates[0], &coordinates[1], &coordinates[2]],
                    |x, y, z| f64::from(smooth[frame.index(x, y, z)]),
                    |v| [v.x as f32, v.y as f32, v.z as f32],
                    exec,
                );
                let field = DistanceField::new(frame, Border::Open, facets, &solid, limits, exec)?;
                let (depth, surface, nearest) = parts(field);
                Ok(Self {
                    name,
                    sha256,
                    volume,
                    low: V3::from(grid.centre(low)) - half,
                    high: V3::from(grid.centre(high)) + half,
                    frame,
                    depth,
                    surface,
                    nearest,
                    mesh: None,
                    lie: design.source.lie,
                })
            }
        }
    }

    fn of_mesh(
        solid: &SolidMesh,
        name: String,
        sha256: String,
        lie: Option<Lie>,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, LimitError> {
        let (low, high) = solid.mesh.bounds().unwrap_or_default();
        let step = (high - low).max() / SAMPLES;
        let size = std::array::from_fn(|a| ((high[a] - low[a]) / step).ceil() as usize + 1 + 2 * MARGIN);
        let origin = std::array::from_fn(|a| low[a] - MARGIN as f64 * step);
        let frame = Frame { size, spacing: [step; 3], origin };
        let within = inside(&frame, &solid.mesh, solid.closed(), exec);
        let local = |v: &V3| std::array::from_fn(|a| (v[a] - origin[a]) as f32);
        let facets = solid.surface.iter().map(|t| [local(&t[0]), local(&t[1]), local(&t[2])]).collect();
        let field = DistanceField::new(frame, Border::Open, facets, &within, limits, exec)?;
        let volume = solid.volume().unwrap_or_else(|| solid.mesh.signed_volume().abs());
        let mesh = Some((solid.mesh.clone(), solid.closed()));
        let (depth, surface, nearest) = parts(field);
        Ok(Self { name, sha256, volume, low, high, frame, depth, surface, nearest, mesh, lie })
    }

    /// The region as it lies along the axes of a design; `None` where they are its own, or one of both does not say how
    /// its axes lie.
    ///
    /// # Errors
    /// When its samples do not fit the memory budget, or the run was cancelled.
    pub fn along(&self, lie: Option<Lie>, limits: &Limits, exec: &Exec) -> Result<Option<Self>, DesignError> {
        let Some(turn) = lie.zip(self.lie).and_then(|(to, own)| to.turn_from(&own)) else { return Ok(None) };
        let Some((mesh, _)) = &self.mesh else {
            return Ok(Some(self.turned(&turn, lie, limits, exec).map_err(InputError::from)?));
        };
        let mut mesh = mesh.clone();
        for v in &mut mesh.vertices {
            *v = turn * *v;
        }
        if turn.determinant() < 0.0 {
            mesh.triangles.iter_mut().for_each(|t| t.swap(1, 2));
        }
        let solid = SolidMesh::new(mesh, exec)?;
        let turned = Self::of_mesh(&solid, self.name.clone(), self.sha256.clone(), lie, limits, exec);
        Ok(Some(turned.map_err(InputError::from)?))
    }

    /// The region of a mask, turned with its surface and sampled anew.
    fn turned(&self, turn: &Matrix3<f64>, lie: Option<Lie>, limits: &Limits, exec: &Exec) -> Result<Self, LimitError> {
        let frame = self.frame.turned(turn);
        let (from, to) = (V3::from(self.frame.origin), V3::from(frame.origin));
        let corner = |v: [f32; 3]| turn * (V3::from(v.map(f64::from)) + from);
        let mirrored = turn.determinant() < 0.0;
        let (mut low, mut high) = (V3::repeat(f64::INFINITY), V3::repeat(f64::NEG_INFINITY));
        let facets: Vec<Facet> = self
            .surface
            .iter()
            .map(|facet| {
                let mut facet = facet.map(corner);
                for v in &facet {
                    (low, high) = (low.inf(v), high.sup(v));
                }
                if mirrored {
                    facet.swap(1, 2);
                }
                facet.map(|v| (v - to).map(|c| c as f32).into())
            })
            .collect();
        limits.check("the turned mask", Mask::bytes(frame.size), 1)?;
        let mut within = Mask::empty(frame.size);
        let (per_row, [nx, ny, _]) = (within.words_per_row(), frame.size);
        exec.chunks(within.words_mut(), per_row * ny, |z, plane| {
            for y in 0..ny {
                for x in 0..nx {
                    if self.depth(&(turn.tr_mul(&V3::from(frame.centre([x, y, z]))))) > 0.0 {
                        plane[y * per_row + x / 64] |= 1 << (x % 64);
                    }
                }
            }
        });
        let (depth, surface, nearest) = parts(DistanceField::new(frame, Border::Open, facets, &within, limits, exec)?);
        let (name, sha256) = (self.name.clone(), self.sha256.clone());
        Ok(Self { name, sha256, volume: self.volume, low, high, frame, depth, surface, nearest, mesh: None, lie })
    }

    /// The region, scaled about the origin.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let mut mesh = self.mesh.clone();
        if let Some((mesh, _)) = &mut mesh {
            mesh.scale(factor);
        }
        Self {
            name: self.name.clone(),
            sha256: self.sha256.clone(),
            volume: self.volume * factor.powi(3),
            low: self.low * factor,
            high: self.high * factor,
            frame: Frame {
                size: self.frame.size,
                spacing: self.frame.spacing.map(|h| h * factor),
                origin: self.frame.origin.map(|o| o * factor),
            },
            depth: self.depth.iter().map(|d| (f64::from(*d) * factor) as f32).collect(),
            surface: self.surface.iter().map(|t| t.map(|v| v.map(|c| (f64::from(c) * factor) as f32))).collect(),
            nearest: self.nearest.clone(),
            mesh,
            lie: self.lie,
        }
    }

    /// How deep a point lies; negative outside.
    #[must_use]
    pub fn depth(&self, p: &V3) -> f64 {
        let (depth, beyond) = self.frame.interpolate((*p).into(), |i| f64::from(self.depth[i]));
        depth - beyond
    }

    /// How deep a point lies, from the triangles that are nearest to the samples round it, those next to it and `reach`
    /// further ones on each side, and the way in which that rises most; beyond the samples by the interpolation of
    /// [`Self::depth`].
    #[must_use]
    pub fn near(&self, p: &V3, reach: usize) -> (f64, V3) {
        let at: [f64; 3] = std::array::from_fn(|a| (p[a] - self.frame.origin[a]) / self.frame.spacing[a]);
        let beyond = (0..3).any(|a| at[a] < 0.0 || at[a] > (self.frame.size[a] - 1) as f64);
        if beyond || self.surface.is_empty() {
            let middle = (self.low + self.high) / 2.0;
            return (self.depth(p), (middle - p).normalize());
        }
        let q = p - V3::from(self.frame.origin);
        let low: [usize; 3] = std::array::from_fn(|a| (at[a] as usize).saturating_sub(reach));
        let high: [usize; 3] = std::array::from_fn(|a| (at[a] as usize + 1 + reach).min(self.frame.size[a] - 1));
        let mut tried: Vec<u32> = Vec::with_capacity(8);
        let mut best: Option<(f64, f64, V3)> = None;
        let rows = (low[2]..=high[2]).flat_map(|z| (low[1]..=high[1]).map(move |y| (y, z)));
        for i in rows.flat_map(|(y, z)| (low[0]..=high[0]).map(move |x| self.frame.index(x, y, z))) {
            let facet = self.nearest[i];
            if tried.contains(&facet) {
                continue;
            }
            tried.push(facet);
            let Some(facet) = self.surface.get(facet as usize) else { continue };
            let corners = facet.map(|v| V3::from(v.map(f64::from)));
            let normal = (corners[1] - corners[0]).cross(&(corners[2] - corners[0]));
            if normal.norm_squared() <= 0.0 {
                continue;
            }
            let normal = normal.normalize();
            let away = q - closest_point(&q, &corners);
            let (off, along) = (away.norm(), away.dot(&normal));
            let even = 1e-9 * self.frame.coarsest();
            // Where facets are equally near, at an edge, the one that faces the point most tells the side.
            let nearer = best.as_ref().is_none_or(|(distance, facing, _)| {
                off < distance - even || (off <= distance + even && along.abs() > facing.abs())
            });
            if nearer {
                let out = if off > even { away / off * along.signum() } else { normal };
                best = Some((off, along, out));
            }
        }
        best.map_or_else(|| (self.depth(p), V3::zeros()), |(off, along, out)| (-off * along.signum(), -out))
    }

    /// The samples that lie within.
    pub fn inner(&self) -> impl Iterator<Item = V3> + Clone + '_ {
        let within = self.depth.iter().enumerate().filter(|(_, depth)| **depth > 0.0);
        within.map(|(i, _)| V3::from(self.frame.centre(self.frame.voxel(i))))
    }

    /// The side that the surface nearest to a point faces, as an index into the six sides.
    #[must_use]
    pub fn side(&self, p: &V3) -> usize {
        let outward = V3::from_fn(|a, _| {
            let mut step = V3::zeros();
            step[a] = self.frame.spacing[a];
            self.depth(&(p - step)) - self.depth(&(p + step))
        });
        let axis = outward.abs().imax();
        2 * axis + usize::from(outward[axis] > 0.0)
    }

    /// Triangles of its surface, in µm, facing outward. Of a mesh whose shells overlap also those that lie inside.
    #[must_use]
    pub fn surface(&self, exec: &Exec) -> Vec<[V3; 3]> {
        if let Some((mesh, _)) = &self.mesh {
            return (0..mesh.triangles.len()).map(|t| mesh.corners(t)).collect();
        }
        let Frame { size, spacing, origin } = self.frame;
        let coordinates: [Vec<f64>; 3] =
            std::array::from_fn(|a| (0..size[a]).map(|i| origin[a] + i as f64 * spacing[a]).collect());
        iso_surface(
            [&coordinates[0], &coordinates[1], &coordinates[2]],
            |x, y, z| -f64::from(self.depth[self.frame.index(x, y, z)]),
            |v| *v,
            exec,
        )
    }

    /// The voxels whose centres lie in the body.
    #[must_use]
    pub fn mask(&self, frame: &Frame, exec: &Exec) -> Mask {
        if let Some((mesh, closed)) = &self.mesh {
            return inside(frame, mesh, *closed, exec);
        }
        let mut mask = Mask::empty(frame.size);
        let [nx, ny, _] = frame.size;
        let per_row = mask.words_per_row();
        exec.chunks(mask.words_mut(), per_row * ny, |z, plane| {
            for y in 0..ny {
                for x in 0..nx {
                    if self.depth(&V3::from(frame.centre([x, y, z]))) > 0.0 {
                        plane[y * per_row + x / 64] |= 1 << (x % 64);
                    }
                }
            }
        });
        mask
    }

    /// Whether it is the inside of a mesh, whose surface lies where its triangles do.
    #[must_use]
    pub fn is_mesh(&self) -> bool {
        self.mesh.is_some()
    }

    /// Longest step between the samples of its depth, in µm.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.frame.coarsest()
    }

    /// How far from its surface a corner of a triangle may lie that coincides with it.
    #[must_use]
    pub fn slack(&self) -> f64 {
        1e-3 * (self.high - self.low).norm()
    }
}

/// Depths, triangles and the nearest of them.
fn parts(field: DistanceField) -> (Vec<f32>, Vec<Facet>, Vec<u32>) {
    let mut depth = field.values;
    depth.iter_mut().for_each(|d| *d = -*d);
    (depth, field.surface, field.nearest)
}
