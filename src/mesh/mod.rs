//! Triangle meshes: what a CAD export holds, whether it bounds a solid, and its exact volume and area.
//!
//! Coordinates are micrometres in `f64`. Triangles turn counter-clockwise seen from outside the solid.

pub mod boundary;
mod bvh;
pub mod closest;
mod convex;
pub mod hull;
pub mod intersect;
pub mod overhang;
pub mod ray;
pub mod shells;
pub mod solid;
pub mod topology;
mod weld;
pub mod winding;

pub use bvh::Bvh;
pub use weld::{TooManyVertices, Triangles};

/// A point or a direction.
pub type V3 = nalgebra::Vector3<f64>;

/// A triangle mesh with shared vertices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    /// Corners, in µm.
    pub vertices: Vec<V3>,
    /// Three vertex indices a triangle.
    pub triangles: Vec<[u32; 3]>,
}

impl Mesh {
    /// The corners of a triangle.
    #[must_use]
    pub fn corners(&self, triangle: usize) -> [V3; 3] {
        self.triangles[triangle].map(|v| self.vertices[v as usize])
    }

    /// Lower and upper corner of the box around the vertices that triangles use; `None` without triangles.
    #[must_use]
    pub fn bounds(&self) -> Option<(V3, V3)> {
        let mut used = self.triangles.iter().flatten().map(|&v| self.vertices[v as usize]);
        let first = used.next()?;
        Some(used.fold((first, first), |(low, high), v| (low.inf(&v), high.sup(&v))))
    }

    /// Area of all triangles, in µm².
    #[must_use]
    pub fn area(&self) -> f64 {
        (0..self.triangles.len()).map(|t| area_vector(self.corners(t)).norm()).sum()
    }

    /// Volume by the divergence theorem, in µm³: the enclosed volume of a closed mesh whose triangles face outward and
    /// whose shells do not overlap; the reference point is the centre of the box, so that a mesh far from the origin
    /// loses no digits.
    #[must_use]
    pub fn signed_volume(&self) -> f64 {
        self.bounds().map_or(0.0, |(low, high)| self.signed_volume_of(0..self.triangles.len(), (low + high) / 2.0))
    }

    /// As [`signed_volume`](Self::signed_volume), of some of the triangles, seen from a point near them.
    #[must_use]
    pub fn signed_volume_of(&self, triangles: impl IntoIterator<Item = usize>, from: V3) -> f64 {
        triangles
            .into_iter()
            .map(|t| {
                let [a, b, c] = self.corners(t).map(|v| v - from);
                a.dot(&b.cross(&c)) / 6.0
            })
            .sum()
    }

    /// Multiplies all coordinates.
    pub fn scale(&mut self, factor: f64) {
        for v in &mut self.vertices {
            *v *= factor;
        }
    }
}

/// Half the cross product of two edges: the normal with the triangle's area as its length.
#[must_use]
pub fn area_vector([a, b, c]: [V3; 3]) -> V3 {
    (b - a).cross(&(c - a)) / 2.0
}

#[cfg(test)]
pub(crate) mod shapes {
    use super::{Mesh, V3};

    /// A box from `low` to `high`.
    pub fn cuboid(low: [f64; 3], high: [f64; 3]) -> Mesh {
        let p =
            |i: usize| V3::new([low[0], high[0]][i & 1], [low[1], high[1]][i >> 1 & 1], [low[2], high[2]][i >> 2 & 1]);
        let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
        let triangles = quads.iter().flat_map(|&[a, b, c, d]| [[a, b, c], [a, c, d]]).collect();
        Mesh { vertices: (0..8).map(p).collect(), triangles }
    }

    /// A sphere of latitude and longitude facets whose vertices lie on it.
    pub fn sphere(centre: [f64; 3], radius: f64, n: usize) -> Mesh {
        let centre = V3::from(centre);
        let mut vertices = vec![centre + V3::new(0.0, 0.0, radius)];
        for i in 1..n {
            let theta = std::f64::consts::PI * i as f64 / n as f64;
            for j in 0..2 * n {
                let phi = std::f64::consts::PI * j as f64 / n as f64;
                vertices.push(centre + radius * V3::new(theta.sin() * phi.cos(), theta.sin() * phi.sin(), theta.cos()));
            }
        }
        vertices.push(centre - V3::new(0.0, 0.0, radius));
        let at = |i: usize, j: usize| (1 + (i - 1) * 2 * n + j % (2 * n)) as u32;
        let last = vertices.len() as u32 - 1;
        let mut triangles = Vec::new();
        for j in 0..2 * n {
            triangles.push([0, at(1, j), at(1, j + 1)]);
            triangles.push([last, at(n - 1, j + 1), at(n - 1, j)]);
            for i in 1..n - 1 {
                triangles.push([at(i, j), at(i + 1, j), at(i + 1, j + 1)]);
                triangles.push([at(i, j), at(i + 1, j + 1), at(i, j + 1)]);
            }
        }
        Mesh { vertices, triangles }
    }

    /// Several meshes as one.
    pub fn join(parts: &[Mesh]) -> Mesh {
        let mut all = Mesh::default();
        for part in parts {
            let base = all.vertices.len() as u32;
            all.vertices.extend(&part.vertices);
            all.triangles.extend(part.triangles.iter().map(|t| t.map(|v| v + base)));
        }
        all
    }

    /// The same mesh, inside out.
    pub fn flipped(mut mesh: Mesh) -> Mesh {
        for t in &mut mesh.triangles {
            t.swap(1, 2);
        }
        mesh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_has_its_volume_and_area_wherever_it_stands() {
        for shift in [0.0, 1e6] {
            let mesh = shapes::cuboid([shift, 0.0, 0.0], [shift + 2.0, 3.0, 5.0]);
            assert!((mesh.signed_volume() - 30.0).abs() < 1e-8, "{}", mesh.signed_volume());
            assert!((mesh.area() - 62.0).abs() < 1e-8);
        }
    }

    #[test]
    fn a_sphere_converges_to_its_volume() {
        let truth = 4.0 / 3.0 * std::f64::consts::PI * 1e3;
        let error = |n| (shapes::sphere([1.0, 2.0, 3.0], 10.0, n).signed_volume() - truth).abs() / truth;
        assert!(error(64) < 2e-3 && error(64) < error(32) / 3.5);
    }
}
