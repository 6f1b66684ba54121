//! Triangles as files hold them, and the mesh whose vertices they share: corners with the same coordinates are joined.
//! O(n) for n corners.

use std::collections::HashMap;

use super::{Mesh, V3};

/// Triangles as a file holds them.
#[derive(Clone, Debug, PartialEq)]
pub enum Triangles {
    /// Each with corners of its own.
    Apart(Vec<[V3; 3]>),
    /// By the numbers of their corners, all of which are there.
    Shared {
        /// Corners, in no order.
        corners: Vec<V3>,
        /// Their numbers, for each triangle.
        triangles: Vec<[u32; 3]>,
    },
}

impl Triangles {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Apart(triangles) => triangles.len(),
            Self::Shared { triangles, .. } => triangles.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each with corners of its own.
    #[must_use]
    pub fn apart(self) -> Vec<[V3; 3]> {
        match self {
            Self::Apart(triangles) => triangles,
            Self::Shared { corners, triangles } => {
                triangles.into_iter().map(|t| t.map(|n| corners[n as usize])).collect()
            }
        }
    }

    /// The mesh of them, as [`Mesh::weld`] makes it.
    ///
    /// # Errors
    /// When there are more corners than 32 bits can count.
    pub fn weld(&self) -> Result<Mesh, TooManyVertices> {
        match self {
            Self::Apart(triangles) => Mesh::weld(triangles),
            Self::Shared { corners, triangles } => {
                count(triangles.len())?;
                // In the order of their first use, in which those of triangles apart would be met.
                let mut number = vec![u32::MAX; corners.len()];
                let mut used = Vec::with_capacity(corners.len());
                let renumbered: Vec<[u32; 3]> = triangles
                    .iter()
                    .map(|t| {
                        t.map(|n| {
                            let number = &mut number[n as usize];
                            if *number == u32::MAX {
                                *number = used.len() as u32;
                                used.push(corners[n as usize]);
                            }
                            *number
                        })
                    })
                    .collect();
                Ok(join(&used, renumbered.into_iter()))
            }
        }
    }
}

/// More vertices than a 32-bit index can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mesh has more than 2^32 - 1 triangle corners")]
pub struct TooManyVertices;

impl Mesh {
    /// Joins corners with the same coordinates, as formats without shared vertices need. Coordinates that differ by less
    /// than single precision resolves at the size of the mesh are the same: 1e-9 beside 1 is a rounded 0.
    ///
    /// # Errors
    /// When there are more corners than 32 bits can count.
    pub fn weld(corners: &[[V3; 3]]) -> Result<Self, TooManyVertices> {
        let count = count(corners.len())?;
        Ok(join(corners.as_flattened(), (0..count).step_by(3).map(|n| [n, n + 1, n + 2])))
    }
}

/// Corners of that many triangles.
fn count(triangles: usize) -> Result<u32, TooManyVertices> {
    u32::try_from(triangles).ok().and_then(|n| n.checked_mul(3)).ok_or(TooManyVertices)
}

/// The mesh of triangles given by the numbers of their corners, all of which are used.
fn join(corners: &[V3], triangles: impl ExactSizeIterator<Item = [u32; 3]>) -> Mesh {
    let largest = corners.iter().map(nalgebra::Matrix::amax).fold(0.0, f64::max);
    let grain = (largest * f64::from(f32::EPSILON) / 2.0).max(f64::MIN_POSITIVE);
    // Distinct points are numbered by their first use, so that the mesh keeps the order of its file.
    let mut numbers: HashMap<[i64; 3], u32> = HashMap::new();
    let mut mesh = Mesh { vertices: Vec::new(), triangles: Vec::with_capacity(triangles.len()) };
    for triangle in triangles {
        mesh.triangles.push(triangle.map(|corner| {
            let v = corners[corner as usize];
            // To the nearest; by hand, for `round` is a call on processors without the instruction.
            let key = [v.x, v.y, v.z].map(|c| (c / grain + 0.5f64.copysign(c)) as i64);
            *numbers.entry(key).or_insert_with(|| {
                mesh.vertices.push(v.map(|c| c + 0.0));
                mesh.vertices.len() as u32 - 1
            })
        }));
    }
    mesh
}

#[cfg(test)]
mod tests {
    use super::super::shapes;
    use super::*;

    #[test]
    fn welding_joins_equal_corners_only() {
        let soup: Vec<[V3; 3]> = {
            let mesh = shapes::cuboid([0.0; 3], [1.0; 3]);
            (0..12).map(|t| mesh.corners(t).map(|v| v.map(|c| if c == 0.0 { -0.0 } else { c }))).collect()
        };
        let mesh = Mesh::weld(&soup).unwrap();
        assert_eq!(mesh.vertices.len(), 8);
        assert!((mesh.signed_volume() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn shared_corners_make_the_mesh_of_triangles_apart() {
        // Two cubes with a face in common and a corner a rounding off, in an order of their own, with corners of no
        // triangle, the first of them far beyond all others.
        let mesh =
            shapes::join(&[shapes::cuboid([0.0; 3], [1.0; 3]), shapes::cuboid([1.0, 0.0, 0.0], [2.0, 1.0, 1.0])]);
        let count = mesh.vertices.len() as u32;
        let mut corners = vec![V3::repeat(1e9)];
        corners.extend(mesh.vertices.iter().rev().map(|v| v * (1.0 + f64::EPSILON)));
        corners.push(V3::repeat(-1.0));
        let triangles = mesh.triangles.iter().map(|t| t.map(|n| count - n)).collect();
        let shared = Triangles::Shared { corners, triangles };
        assert_eq!(shared.len(), 24);
        let welded = shared.weld().unwrap();
        assert_eq!((welded.vertices.len(), welded.triangles.len()), (12, 24));
        assert_eq!(welded, Triangles::Apart(shared.apart()).weld().unwrap());
    }
}
