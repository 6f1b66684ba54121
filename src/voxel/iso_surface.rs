//! The surface where a sampled field is zero, as triangles: marching cubes on a lattice of any spacing.
//!
//! Each cell of eight samples is cut where the sign changes along its edges, by linear interpolation. The cuts of a
//! face are joined so that negative corners stay connected across it (26-connected solid, 6-connected void); around the
//! cell the joined cuts form loops. A loop of four is cut along its shorter diagonal, a longer one is filled from its
//! centre, and so is one of four that bends and has no shorter diagonal. Neighbouring cells treat a face alike, so the
//! surface has no holes; and no axis or diagonal is preferred, so it is the same for a mirrored field. After Lorensen &
//! Cline 1987 (doi:10.1145/37402.37422).
//!
//! Difference from the paper: no table of triangles but one of loops, made from the rule above.
//!
//! O(samples), and O(cells that are cut): which they are is found by the signs of 64 samples at a time. In slabs along z; 16
//! bytes for each sample of a plane and thread. Triangles turn counter-clockwise seen from the positive side.

use std::sync::LazyLock;

use crate::mesh::V3;
use crate::parallel::Exec;

/// Cells along z handled at a time.
const SLAB: usize = 8;

/// Corners of a loop at most.
const MOST: usize = 12;

/// Part by which one diagonal must be shorter than the other to be taken, and from which on four corners bend.
const ALIKE: f64 = 1e-6;

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
    let [nx, ny, _] = coordinates.map(<[f64]>::len);
    let cells = coordinates.map(|c| c.len().saturating_sub(1));
    let parts = exec.map(cells[2].div_ceil(SLAB), |slab| {
        let mut triangles = Vec::new();
        let mut planes = [Plane::new(nx, ny), Plane::new(nx, ny)];
        planes[1].look(slab * SLAB, &field);
        for z in slab * SLAB..((slab + 1) * SLAB).min(cells[2]) {
            planes.swap(0, 1);
            planes[1].look(z + 1, &field);
            for y in 0..cells[1] {
                cut_cells(&planes, y, cells[0], |x| {
                    let at = |c: usize| (x + (c & 1)) + nx * (y + (c >> 1 & 1));
                    let values: [f64; 8] = std::array::from_fn(|c| planes[c >> 2].values[at(c)]);
                    let pattern = (0..8).fold(0, |p, c| p | usize::from(values[c] < 0.0) << c);
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
                    for cuts in &LOOPS[pattern] {
                        let mut points = [V3::zeros(); MOST];
                        points.iter_mut().zip(cuts).for_each(|(point, edge)| *point = cut(edge));
                        fill(&points[..cuts.len()], |triangle| triangles.push(triangle.map(|v| vertex(&v))));
                    }
                });
            }
        }
        triangles
    });
    // Part by part, so that not all of them are held twice.
    let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    parts.into_iter().for_each(|part| all.extend(part));
    all
}

/// Hands on the triangles of a loop.
fn fill(points: &[V3], mut push: impl FnMut([V3; 3])) {
    match *points {
        [a, b, c] => return push([a, c, b]),
        [a, b, c, d] => {
            let (ac, bd) = ((a - c).norm_squared(), (b - d).norm_squared());
            let bends = || (b - a).cross(&(c - a)).dot(&(d - a)).abs() > ALIKE * ac.max(bd).powf(1.5);
            if bd < ac * (1.0 - ALIKE) {
                push([b, d, c]);
                return push([b, a, d]);
            }
            if ac < bd * (1.0 - ALIKE) || !bends() {
                push([a, c, b]);
                return push([a, d, c]);
            }
        }
        _ => {}
    }
    #[allow(clippy::cast_precision_loss, reason = "a loop has at most 12 points")]
    let centre = points.iter().sum::<V3>() / points.len() as f64;
    for k in 0..points.len() {
        push([points[k], centre, points[(k + 1) % points.len()]]);
    }
}

/// The samples of a plane, and which of them are negative: a bit each, rows of whole words.
struct Plane {
    values: Vec<f64>,
    negative: Vec<u64>,
    size: [usize; 2],
}

impl Plane {
    fn new(nx: usize, ny: usize) -> Self {
        Self { values: vec![0.0; nx * ny], negative: vec![0; nx.div_ceil(64) * ny], size: [nx, ny] }
    }

    fn look(&mut self, z: usize, field: &impl Fn(usize, usize, usize) -> f64) {
        let [nx, _] = self.size;
        if nx == 0 {
            return;
        }
        let rows = self.values.chunks_mut(nx).zip(self.negative.chunks_mut(nx.div_ceil(64)));
        for (y, (row, negative)) in rows.enumerate() {
            for (w, (values, word)) in row.chunks_mut(64).zip(negative).enumerate() {
                *word = 0;
                for (k, value) in values.iter_mut().enumerate() {
                    *value = field(64 * w + k, y, z);
                    *word |= u64::from(*value < 0.0) << k;
                }
            }
        }
    }

    fn row(&self, y: usize) -> &[u64] {
        let words = self.size[0].div_ceil(64);
        &self.negative[words * y..words * (y + 1)]
    }
}

/// Calls `f` with each of the `cells` of a row between two planes whose corners are not all of one sign.
fn cut_cells(planes: &[Plane; 2], y: usize, cells: usize, mut f: impl FnMut(usize)) {
    let rows = [planes[0].row(y), planes[0].row(y + 1), planes[1].row(y), planes[1].row(y + 1)];
    let all = |w: usize| rows.iter().fold(u64::MAX, |bits, row| bits & row.get(w).copied().unwrap_or(0));
    let any = |w: usize| rows.iter().fold(0, |bits, row| bits | row.get(w).copied().unwrap_or(0));
    let (mut all_here, mut any_here) = (all(0), any(0));
    for w in 0..cells.div_ceil(64) {
        let (all_next, any_next) = (all(w + 1), any(w + 1));
        let both = all_here & (all_here >> 1 | all_next << 63);
        let either = any_here | any_here >> 1 | any_next << 63;
        let within = u64::MAX >> (64 * (w + 1)).saturating_sub(cells);
        let mut cut = either & !both & within;
        while cut != 0 {
            f(64 * w + cut.trailing_zeros() as usize);
            cut &= cut - 1;
        }
        (all_here, any_here) = (all_next, any_next);
    }
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
    fn the_surface_of_a_mirrored_field_is_the_mirrored_surface() {
        let (nx, ny, nz) = (140, 9, 12);
        let value = |x: usize, y: usize, z: usize| ((x * 7 + y * 13 + z * 29 + x * y * z) % 17) as f64 - 8.3;
        let c = |n: usize| (0..n).map(|i| i as f64).collect::<Vec<f64>>();
        let of = |field: &(dyn Fn(usize, usize, usize) -> f64 + Sync), size: [usize; 3]| {
            let c = size.map(c);
            iso_surface([&c[0], &c[1], &c[2]], field, |v| *v, &exec())
        };
        let corners = |triangles: &[[V3; 3]], back: &dyn Fn(&V3) -> V3| {
            let rounded = |v: &V3| back(v).map(|c| (c * 1e6).round() as i64);
            let mut all: Vec<_> = triangles
                .iter()
                .map(|t| {
                    let mut t = t.each_ref().map(rounded).map(|v| [v.x, v.y, v.z]);
                    t.sort_unstable();
                    t
                })
                .collect();
            all.sort_unstable();
            all
        };
        let own = of(&value, [nx, ny, nz]);
        assert!(own.len() > 10_000);
        let plain = corners(&own, &|v| *v);
        let mirrored = of(&|x, y, z| value(nx - 1 - x, y, z), [nx, ny, nz]);
        assert!(corners(&mirrored, &|v| V3::new((nx - 1) as f64 - v.x, v.y, v.z)) == plain);
        let turned = of(&|y, z, x| value(x, y, z), [ny, nz, nx]);
        assert!(corners(&turned, &|v| V3::new(v.z, v.x, v.y)) == plain);
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
