//! The surface where a sampled field is zero, as triangles: marching cubes on a lattice of any spacing.
//!
//! Each cell of eight samples is cut where the sign changes along its edges, by linear interpolation. The cuts of a
//! face are joined so that negative corners stay connected across it (26-connected solid, 6-connected void); around the
//! cell the joined cuts form loops, and a loop of more than three is filled from its centre. Neighbouring cells treat a
//! face alike, so the surface has no holes; and no axis or diagonal is preferred, so it is the same for a mirrored
//! field. After Lorensen & Cline 1987 (doi:10.1145/37402.37422).
//!
//! Difference from the paper: no table of triangles but one of loops, made from the rule above.
//!
//! O(cells), in slabs along z. Triangles turn counter-clockwise seen from the positive side.

use std::sync::LazyLock;

use crate::mesh::V3;
use crate::parallel::Exec;

/// Cells along z handled at a time.
const SLAB: usize = 4;

/// Corners of a cell's faces, counter-clockwise seen from outside; corner c lies at (c & 1, c >> 1 & 1, c >> 2).
const FACES: [[usize; 4]; 6] = [[0, 4, 6, 2], [1, 3, 7, 5], [0, 1, 5, 4], [2, 6, 7, 3], [0, 2, 3, 1], [4, 5, 7, 6]];

/// The loops of each of the 256 patterns of negative corners, as pairs of corners whose edge is cut.
static LOOPS: LazyLock<Vec<Vec<Vec<(usize, usize)>>>> = LazyLock::new(|| (0..256).map(loops).collect());

fn loops(pattern: usize) -> Vec<Vec<(usize, usize)>> {
    let negative = |corner: usize| pattern >> corner & 1 == 1;
    // On each face, a stretch of positive corners is cut off from where it begins to where it ends.
    let mut segments: Vec<((usize, usize), (usize, usize))> = Vec::new();
    for face in FACES {
        for k in 0..4 {
            if negative(face[k]) && !negative(face[(k + 1) % 4]) {
                let mut end = (k + 1) % 4;
                while !negative(face[(end + 1) % 4]) {
                    end = (end + 1) % 4;
                }
                segments.push(((face[k], face[(k + 1) % 4]), (face[(end + 1) % 4], face[end])));
            }
        }
    }
    let mut loops = Vec::new();
    while let Some((first, mut at)) = segments.pop() {
        let mut points = vec![first];
        while at != first {
            points.push(at);
            let Some(next) = segments.iter().position(|s| s.0 == at) else { break };
            at = segments.swap_remove(next).1;
        }
        loops.push(points);
    }
    loops
}

/// Triangles of the zero surface of `field` on the lattice of the given coordinates along x, y and z. Zero counts as
/// positive. The order of the triangles does not depend on the threads.
pub fn iso_surface<T: Copy + Send + Default>(
    coordinates: [&[f64]; 3],
    field: impl Fn(usize, usize, usize) -> f64 + Sync,
    vertex: impl Fn(&V3) -> T + Sync,
    exec: &Exec,
) -> Vec<[T; 3]> {
    let cells = coordinates.map(|c| c.len().saturating_sub(1));
    let parts = exec.map(cells[2].div_ceil(SLAB), |slab| {
        let mut triangles = Vec::new();
        for z in slab * SLAB..((slab + 1) * SLAB).min(cells[2]) {
            for y in 0..cells[1] {
                // Samples of the row of cells: the four lines of corners, slid along x.
                let line = |x: usize| [field(x, y, z), field(x, y + 1, z), field(x, y, z + 1), field(x, y + 1, z + 1)];
                let mut low = line(0);
                for x in 0..cells[0] {
                    let high = line(x + 1);
                    let values: [f64; 8] = std::array::from_fn(|c| if c & 1 == 0 { low[c >> 1] } else { high[c >> 1] });
                    low = high;
                    let pattern = (0..8).fold(0, |p, c| p | usize::from(values[c] < 0.0) << c);
                    if pattern == 0 || pattern == 255 {
                        continue;
                    }
                    let corner = |c: usize| {
                        V3::new(
                            coordinates[0][x + (c & 1)],
                            coordinates[1][y + (c >> 1 & 1)],
                            coordinates[2][z + (c >> 2)],
                        )
                    };
                    let cut = |&(a, b): &(usize, usize)| {
                        // From the same end in every cell, so that neighbours agree to the last bit.
                        let (a, b) = if a < b { (a, b) } else { (b, a) };
                        let t = values[a] / (values[a] - values[b]);
                        corner(a) + (corner(b) - corner(a)) * t
                    };
                    for points in &LOOPS[pattern] {
                        if let [a, b, c] = &points[..] {
                            triangles.push([cut(a), cut(c), cut(b)].map(|v| vertex(&v)));
                            continue;
                        }
                        let points: Vec<V3> = points.iter().map(cut).collect();
                        #[allow(clippy::cast_precision_loss, reason = "a loop has at most 12 points")]
                        let centre = points.iter().sum::<V3>() / points.len() as f64;
                        for k in 0..points.len() {
                            let next = points[(k + 1) % points.len()];
                            triangles.push([points[k], centre, next].map(|v| vertex(&v)));
                        }
                    }
                }
            }
        }
        triangles
    });
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::Mesh;
    use crate::mesh::topology::Topology;
    use proptest::prelude::*;

    fn exec() -> Exec {
        Exec::silent(2).unwrap()
    }

    fn sphere(n: usize, radius: f64) -> Mesh {
        let c: Vec<f64> = (0..=n).map(|i| 2.4 * i as f64 / n as f64 - 1.2).collect();
        let at = |x: usize, y: usize, z: usize| V3::new(c[x] - 0.013, c[y] + 0.007, c[z]).norm() - radius;
        Mesh::weld(&iso_surface([&c, &c, &c], at, |&v| v, &exec())).unwrap()
    }

    #[test]
    fn a_sphere_converges_in_area_and_volume_and_faces_outward() {
        let pi = std::f64::consts::PI;
        let errors = |n| {
            let mesh = sphere(n, 1.0);
            ((mesh.area() / (4.0 * pi) - 1.0).abs(), (mesh.signed_volume() / (4.0 / 3.0 * pi) - 1.0).abs())
        };
        let (coarse, fine) = (errors(24), errors(48));
        assert!(fine.0 < 2e-3 && fine.0 < coarse.0 / 3.0, "{coarse:?} {fine:?}");
        assert!(fine.1 < 2e-3 && fine.1 < coarse.1 / 3.0, "{coarse:?} {fine:?}");
    }

    proptest! {
        #[test]
        fn any_field_gives_a_closed_surface_with_negative_corners_joined(bits in prop::collection::vec(any::<bool>(), 64)) {
            // A 4³ pattern inside a positive frame.
            let c: Vec<f64> = (0..6).map(f64::from).collect();
            let inside = |i: usize| (1..5).contains(&i);
            let field = |x: usize, y: usize, z: usize| {
                let solid = inside(x) && inside(y) && inside(z) && bits[x - 1 + 4 * (y - 1) + 16 * (z - 1)];
                if solid { -1.0 } else { 1.0 }
            };
            let mesh = Mesh::weld(&iso_surface([&c, &c, &c], field, |&v| v, &exec())).unwrap();
            let topology = Topology::new(&mesh, &exec());
            prop_assert_eq!(topology.open_edges.count, 0);
            prop_assert!(topology.neighbours.iter().flatten().flatten().all(|n| !n.flipped));
            // Two negative corners on a face's diagonal are joined, so no piece of solid is cut in two there.
            let volume = mesh.signed_volume();
            prop_assert!(volume >= 0.0);
        }
    }

    #[test]
    fn negative_corners_on_a_diagonal_are_one_piece() {
        let c: Vec<f64> = (0..4).map(f64::from).collect();
        let at = |x, y, z| if matches!((x, y, z), (1, 1, 1) | (2, 2, 1)) { -1.0 } else { 1.0 };
        let mesh = Mesh::weld(&iso_surface([&c, &c, &c], at, |&v| v, &exec())).unwrap();
        // V - E + F = 2 for one sphere, 4 for two.
        let chi = mesh.vertices.len() as i64 - mesh.triangles.len() as i64 / 2;
        assert_eq!(chi, 2);
    }
}
