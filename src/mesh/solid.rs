//! The solid that a mesh means: its triangles turned the right way, its true surface, and what was wrong with it.

use super::boundary::boundary;
use super::intersect::intersections;
use super::shells::Shells;
use super::topology::{Places, Topology};
use super::{Mesh, V3, area_vector};
use crate::parallel::{Cancelled, Exec};

/// A mesh that was looked through.
#[derive(Clone, Debug)]
pub struct SolidMesh {
    /// The triangles, facing outward.
    pub mesh: Mesh,
    /// The surface that bounds the solid: no part of it lies inside another shell.
    pub surface: Vec<[V3; 3]>,
    /// The connected surfaces.
    pub shells: Shells,
    /// Edges and triangles that are not as they should be.
    pub topology: Topology,
    /// Pairs of triangles that cross or touch.
    pub crossings: Places,
    /// Triangles that were left out: collapsed to a line, or back to back with another one.
    pub cancelled: usize,
}

impl SolidMesh {
    /// Looks a mesh through and finds the solid that it means.
    ///
    /// # Errors
    /// When the run was cancelled.
    pub fn new(mut mesh: Mesh, exec: &Exec) -> Result<Self, Cancelled> {
        exec.stage("mesh edges and shells")?;
        let cancelled = cancel(&mut mesh);
        let topology = Topology::new(&mesh, exec);
        let mut shells = Shells::orient(&mut mesh, &topology);
        exec.stage("self-intersections")?;
        let pairs = intersections(&mesh, exec);
        exec.checkpoint()?;
        shells.find_ambiguous(&mesh, &pairs);
        let mut crossings = Places::default();
        for &(a, _) in &pairs {
            let [p, q, r] = mesh.corners(a as usize);
            crossings.add((p + q + r) / 3.0);
        }
        let surface = boundary(&mesh, &pairs, &shells, exec);
        exec.checkpoint()?;
        Ok(Self { mesh, surface, shells, topology, crossings, cancelled })
    }

    /// The solid of a surface that is known to be closed and not to cross itself, as the zero surface of a field is: what
    /// [`new`](Self::new) would find out is not looked for.
    #[must_use]
    pub fn sound(mut mesh: Mesh, exec: &Exec) -> Self {
        let cancelled = cancel(&mut mesh);
        let topology = Topology::new(&mesh, exec);
        let shells = Shells::orient(&mut mesh, &topology);
        let surface = (0..mesh.triangles.len()).map(|t| mesh.corners(t)).collect();
        Self { mesh, surface, shells, topology, crossings: Places::default(), cancelled }
    }

    /// Whether the surface is closed, so that inside and outside are beyond doubt.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.shells.all_closed()
    }

    /// Whether shells neither cross nor touch each other or themselves, nor hide in one another: pieces and cavities
    /// can then be told from the shells alone.
    #[must_use]
    pub fn separate(&self) -> bool {
        self.closed() && self.crossings.count == 0 && self.shells.ambiguous.count == 0
    }

    /// Area of its surface in µm².
    #[must_use]
    pub fn area(&self) -> f64 {
        self.surface.iter().map(|t| area_vector(*t).norm()).sum()
    }

    /// Volume of the solid in µm³, exact up to rounding, when the surface is closed.
    #[must_use]
    pub fn volume(&self) -> Option<f64> {
        let (low, high) = self.mesh.bounds()?;
        let centre = (low + high) / 2.0;
        let signed = |[a, b, c]: &[V3; 3]| (a - centre).dot(&(b - centre).cross(&(c - centre))) / 6.0;
        self.closed().then(|| self.surface.iter().map(signed).sum())
    }
}

/// Leaves out triangles that bound nothing: those with two equal corners, and pairs with the same corners that face
/// opposite ways. Returns how many.
fn cancel(mesh: &mut Mesh) -> usize {
    let before = mesh.triangles.len();
    mesh.triangles.retain(|[a, b, c]| a != b && b != c && c != a);
    // Corners in rising order, and whether that turns the triangle over.
    let key = |[a, b, c]: [u32; 3]| {
        let mut sorted = [a, b, c];
        sorted.sort_unstable();
        let even = sorted == [a, b, c] || sorted == [b, c, a] || sorted == [c, a, b];
        (sorted, even)
    };
    // Triangles by their lowest corner: those with the same corners are in one such list.
    let mut starts = vec![0u32; mesh.vertices.len() + 1];
    mesh.triangles.iter().for_each(|t| starts[*t.iter().min().unwrap_or(&0) as usize + 1] += 1);
    (1..starts.len()).for_each(|v| starts[v] += starts[v - 1]);
    let mut next = starts.clone();
    let mut lists = vec![0u32; mesh.triangles.len()];
    for (t, corners) in mesh.triangles.iter().enumerate() {
        let slot = &mut next[*corners.iter().min().unwrap_or(&0) as usize];
        lists[*slot as usize] = t as u32;
        *slot += 1;
    }
    let mut gone = vec![false; mesh.triangles.len()];
    let mut list = Vec::new();
    for ends in starts.windows(2) {
        list.clear();
        list.extend(lists[ends[0] as usize..ends[1] as usize].iter().map(|&t| (key(mesh.triangles[t as usize]), t)));
        list.sort_unstable();
        for group in list.chunk_by(|a, b| a.0.0 == b.0.0) {
            let (odd, even) = group.split_at(group.partition_point(|(key, _)| !key.1));
            for ((_, a), (_, b)) in odd.iter().zip(even) {
                gone[*a as usize] = true;
                gone[*b as usize] = true;
            }
        }
    }
    let mut t = 0;
    mesh.triangles.retain(|_| {
        t += 1;
        !gone[t - 1]
    });
    before - mesh.triangles.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::shapes::{cuboid, join};

    #[test]
    fn boxes_that_share_a_face_are_one_solid() {
        let both = join(&[cuboid([0.0; 3], [1.0; 3]), cuboid([1.0, 0.0, 0.0], [2.0, 1.0, 1.0])]);
        let soup: Vec<[V3; 3]> = (0..24).map(|t| both.corners(t)).collect();
        let solid = SolidMesh::new(Mesh::weld(&soup).unwrap(), &Exec::silent(1).unwrap()).unwrap();
        assert!(solid.closed());
        assert!((solid.volume().unwrap() - 2.0).abs() < 1e-12);
        assert!(solid.cancelled == 4 || solid.crossings.count > 0, "{}", solid.cancelled);
    }

    #[test]
    fn flaps_without_thickness_vanish() {
        let mut mesh = cuboid([0.0; 3], [1.0; 3]);
        mesh.triangles.extend([[0, 1, 7], [1, 0, 7], [3, 3, 5]]);
        let solid = SolidMesh::new(mesh, &Exec::silent(1).unwrap()).unwrap();
        assert_eq!(solid.cancelled, 3);
        assert!(solid.separate());
    }
}
