//! Triply periodic minimal surfaces as level sets: gyroid, Schwarz P and diamond, as sheets or networks.
//!
//! A sheet is where |f| < c, a network where f > c. The level for a porosity is found by bisection on a regular sample
//! of one cell. The mesh is the zero surface of the sampled function, cut and capped exactly at the faces of the box.

use std::f64::consts::PI;

use super::GenerateError;
use crate::mesh::{Mesh, V3};
use crate::parallel::Exec;
use crate::voxel::iso_surface::iso_surface;

/// Half of what a mesh may be more porous than asked.
const OFF: f64 = 5e-5;

/// A minimal surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Gyroid: sin x cos y + sin y cos z + sin z cos x.
    Gyroid,
    /// Schwarz P: cos x + cos y + cos z.
    SchwarzP,
    /// Diamond: the four-term form.
    Diamond,
}

/// What of it is solid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A sheet along the surface.
    Sheet,
    /// One side of it.
    Network,
}

/// A design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tpms {
    /// The surface.
    pub surface: Surface,
    /// Sheet or network.
    pub form: Form,
    /// Edge of a cell, in µm.
    pub cell: f64,
    /// Edge of the box, in µm.
    pub size: [f64; 3],
    /// Level c.
    pub level: f64,
    /// Samples along a cell.
    pub samples: usize,
}

impl Tpms {
    /// A design of the given porosity.
    ///
    /// # Errors
    /// When there is none: a sheet or network of that porosity falls apart or closes up.
    pub fn with_porosity(
        surface: Surface,
        form: Form,
        cell: f64,
        size: [f64; 3],
        porosity: f64,
        samples: usize,
    ) -> Result<Self, GenerateError> {
        let n = 48;
        let mut values: Vec<f64> = (0..n * n * n)
            .map(|i| {
                let at = |k: usize| 2.0 * PI * (k as f64 + 0.5) / n as f64;
                let f = value(surface, at(i % n), at(i / n % n), at(i / (n * n)));
                match form {
                    Form::Sheet => f.abs(),
                    Form::Network => -f,
                }
            })
            .collect();
        if !(porosity > 0.0 && porosity < 1.0) {
            return Err(GenerateError(format!("a porosity of {porosity} cannot be made: choose one between 0 and 1")));
        }
        values.sort_by(f64::total_cmp);
        let level = values[(((1.0 - porosity) * values.len() as f64) as usize).min(values.len() - 1)];
        Ok(Self { surface, form, cell, size, level, samples })
    }

    /// Negative in solid.
    fn field(&self, p: &V3) -> f64 {
        let [x, y, z] = [p.x, p.y, p.z].map(|c| 2.0 * PI * c / self.cell);
        let f = value(self.surface, x, y, z);
        match self.form {
            Form::Sheet => f.abs() - self.level,
            Form::Network => -f - self.level,
        }
    }

    /// The mesh whose own porosity is the one asked for, and not a hair less: the level is moved until it is.
    ///
    /// # Errors
    /// When there is no solid at this level, or the samples are too few to hold a wall of this porosity.
    pub fn mesh_with(mut self, porosity: f64, exec: &Exec) -> Result<Mesh, GenerateError> {
        let total: f64 = self.size.iter().product();
        let wanted = porosity + OFF;
        let (mut low, mut high) = (-3.0, 3.0);
        let mut before: Option<(f64, f64)> = None;
        for _ in 0..40 {
            let mesh = self.mesh(exec)?;
            let found = 1.0 - mesh.signed_volume() / total;
            if (found - wanted).abs() <= OFF {
                return Ok(mesh);
            }
            // A higher level means more solid.
            if found > wanted {
                low = self.level;
            } else {
                high = self.level;
            }
            // Along the line through both last levels, where that leads between the known ends.
            let line = before.filter(|b| b.1 != found).map(|b| (self.level - b.0) / (found - b.1));
            let next = line.map(|slope| self.level + (wanted - found) * slope).filter(|l| *l > low && *l < high);
            before = Some((self.level, found));
            self.level = next.unwrap_or(f64::midpoint(low, high)).clamp(self.level - 0.1, self.level + 0.1);
        }
        Err(GenerateError(format!(
            "{} samples a cell cannot hold walls of this porosity: choose more --samples",
            self.samples
        )))
    }

    /// The mesh.
    ///
    /// # Errors
    /// When there is no solid at this level.
    pub fn mesh(&self, exec: &Exec) -> Result<Mesh, GenerateError> {
        // One more sample at each face, in the same place and always void: that caps the solid exactly there.
        let coordinates: [Vec<f64>; 3] = std::array::from_fn(|a| {
            let n = ((self.size[a] / self.cell * self.samples as f64).round() as usize).max(2);
            let inner = (0..=n).map(|i| self.size[a] * i as f64 / n as f64);
            std::iter::once(0.0).chain(inner).chain([self.size[a]]).collect()
        });
        let last = [0, 1, 2].map(|a| coordinates[a].len() - 1);
        let field = |x: usize, y: usize, z: usize| {
            if x == 0 || y == 0 || z == 0 || x == last[0] || y == last[1] || z == last[2] {
                return 1.0;
            }
            let f = self.field(&V3::new(coordinates[0][x], coordinates[1][y], coordinates[2][z]));
            // A sample on the surface itself would make triangles without area.
            if f.abs() < 1e-6 { 1e-6f64.copysign(f) } else { f }
        };
        let triangles = iso_surface([&coordinates[0], &coordinates[1], &coordinates[2]], field, |v| *v, exec);
        // Caps have slivers where the samples coincide; welding on single precision and dropping what has two equal
        // corners closes the mesh as STL will hold it.
        let single = |v: V3| v.map(|c| f64::from(c as f32));
        let triangles: Vec<[V3; 3]> =
            triangles.into_iter().map(|t| t.map(single)).filter(|[a, b, c]| a != b && b != c && c != a).collect();
        if triangles.is_empty() {
            return Err(GenerateError("there is no solid at this porosity".to_owned()));
        }
        Mesh::weld(&triangles).map_err(|e| GenerateError(e.to_string()))
    }
}

fn value(surface: Surface, x: f64, y: f64, z: f64) -> f64 {
    let (sx, cx) = x.sin_cos();
    let (sy, cy) = y.sin_cos();
    let (sz, cz) = z.sin_cos();
    match surface {
        Surface::Gyroid => sx * cy + sy * cz + sz * cx,
        Surface::SchwarzP => cx + cy + cz,
        Surface::Diamond => sx * sy * sz + sx * cy * cz + cx * sy * cz + cx * cy * sz,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::solid::SolidMesh;

    #[test]
    fn meshes_are_closed_and_have_their_porosity() {
        let exec = Exec::silent(2).unwrap();
        for surface in [Surface::Gyroid, Surface::SchwarzP, Surface::Diamond] {
            for (form, porosity) in [(Form::Sheet, 0.85), (Form::Network, 0.6)] {
                let design =
                    Tpms::with_porosity(surface, form, 1000.0, [2000.0, 1000.0, 1500.0], porosity, 24).unwrap();
                let solid = SolidMesh::new(design.mesh(&exec).unwrap(), &exec).unwrap();
                assert!(solid.closed(), "{surface:?} {form:?}: {:?}", solid.topology.open_edges);
                let found = 1.0 - solid.volume().unwrap() / 3e9;
                assert!((found - porosity).abs() < 0.01, "{surface:?} {form:?}: {found}");
                let mesh = design.mesh_with(porosity, &exec).unwrap();
                let found = 1.0 - mesh.signed_volume() / 3e9;
                assert!((porosity..=porosity + 2.0 * OFF).contains(&found), "{surface:?} {form:?}: {found}");
            }
        }
    }
}
