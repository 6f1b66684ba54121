//! Which voxel centres lie inside the solid that a mesh bounds.
//!
//! On a closed mesh the winding number of a point is a sum over the triangles that a ray to it crosses. Rays run along
//! the rows of the grid, so that all voxels of a row share one, and crossings are decided exactly (adaptive predicates,
//! ties broken by moving the ray infinitesimally), so that no ray slips through an edge. Inside is where the winding
//! number is at least 1: overlapping shells are one solid. O(crossings · log) altogether.
//!
//! On a mesh with holes the crossings only divide a row into stretches; the generalised winding number decides each
//! stretch: at once where it is near one whole number throughout, and voxel by voxel near a hole.

use crate::grid::{Frame, Mask};
use crate::mesh::ray::crossing;
use crate::mesh::winding::Winding;
use crate::mesh::{Mesh, V3};
use crate::parallel::Exec;

/// Planes of voxels handled at a time.
const SLAB: usize = 8;

/// A winding number this near to a whole one holds for a whole stretch between crossings.
const SURE: f64 = 0.2;

/// The voxels of `frame` whose centres lie inside. `closed` says whether every shell of the mesh is closed.
#[must_use]
pub fn inside(frame: &Frame, mesh: &Mesh, closed: bool, exec: &Exec) -> Mask {
    let [nx, ny, nz] = frame.size;
    let slabs = nz.div_ceil(SLAB);
    let winding = (!closed).then(|| Winding::new(mesh));
    // Triangles of each slab.
    let mut lists: Vec<Vec<u32>> = vec![Vec::new(); slabs];
    for t in 0..mesh.triangles.len() {
        if let Some((from, to)) = planes(frame, &mesh.corners(t), 2) {
            for list in &mut lists[from / SLAB..=to / SLAB] {
                list.push(t as u32);
            }
        }
    }
    let mut mask = Mask::empty(frame.size);
    let per_row = mask.words_per_row();
    exec.chunks(mask.words_mut(), per_row * ny * SLAB, |slab, words| {
        let mut crossings: Vec<(u32, f64, i8)> = Vec::new();
        for &t in &lists[slab] {
            let corners = mesh.corners(t as usize);
            let Some((z0, z1)) = planes(frame, &corners, 2) else { continue };
            let Some((y0, y1)) = planes(frame, &corners, 1) else { continue };
            for z in z0.max(slab * SLAB)..=z1.min(slab * SLAB + SLAB - 1) {
                for y in y0..=y1 {
                    let centre = frame.centre([0, y, z]);
                    if let Some((x, turn)) = crossing(&corners, centre[1], centre[2]) {
                        crossings.push(((y + ny * (z - slab * SLAB)) as u32, x, turn));
                    }
                }
            }
        }
        crossings.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let first_at = |x: f64| {
            // First voxel whose centre lies at or beyond x.
            let i = ((x - frame.origin[0]) / frame.spacing[0]).ceil();
            if i <= 0.0 { 0 } else { (i as usize).min(nx) }
        };
        let mut rest = &crossings[..];
        for row in 0..words.len() / per_row {
            let n = rest.iter().take_while(|c| c.0 as usize == row).count();
            let (these, others) = rest.split_at(n);
            rest = others;
            let words = &mut words[row * per_row..(row + 1) * per_row];
            let mut from = 0;
            let mut count = 0;
            for k in 0..=n {
                let to = if k < n { first_at(these[k].1) } else { nx };
                if to > from {
                    let at = |x: usize| V3::from(frame.centre([x, row % ny, row / ny + slab * SLAB]));
                    match &winding {
                        None if count >= 1 => set(words, from, to),
                        None => {}
                        Some(winding) => stretch(words, from, to, &|x| winding.at(&at(x))),
                    }
                    from = to;
                }
                if k < n {
                    count += i32::from(these[k].2);
                }
            }
        }
    });
    mask
}

/// Decides the voxels of a stretch without crossings: all at once where its ends and its middle clearly agree, else
/// half by half.
fn stretch(words: &mut [u64], from: usize, to: usize, winding: &impl Fn(usize) -> f64) {
    let middle = usize::midpoint(from, to);
    let w = [from, middle, to - 1].map(winding);
    let agree = w.iter().all(|v| (v - w[0].round()).abs() <= SURE);
    if agree {
        if w[0] > 0.5 {
            set(words, from, to);
        }
    } else if to - from <= 3 {
        (from..to).filter(|&x| winding(x) > 0.5).for_each(|x| set(words, x, x + 1));
    } else {
        stretch(words, from, middle, winding);
        stretch(words, middle, to, winding);
    }
}

fn set(words: &mut [u64], from: usize, to: usize) {
    for x in from..to {
        words[x / 64] |= 1 << (x % 64);
    }
}

/// The voxel planes along an axis that a triangle reaches, both included.
fn planes(frame: &Frame, corners: &[V3; 3], axis: usize) -> Option<(usize, usize)> {
    let low = corners.iter().map(|c| c[axis]).fold(f64::MAX, f64::min);
    let high = corners.iter().map(|c| c[axis]).fold(f64::MIN, f64::max);
    let from = ((low - frame.origin[axis]) / frame.spacing[axis]).floor().max(0.0);
    let to = ((high - frame.origin[axis]) / frame.spacing[axis]).ceil().min(frame.size[axis] as f64 - 1.0);
    (from <= to).then_some((from as usize, to as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::shapes::{cuboid, flipped, join, sphere};

    fn frame(n: usize, low: f64, high: f64) -> Frame {
        let h = (high - low) / n as f64;
        Frame { size: [n, n + 3, n - 2], spacing: [h; 3], origin: [low + h / 2.0; 3] }
    }

    fn compare(mesh: &Mesh, closed: bool, truth: impl Fn(&V3) -> Option<bool>) {
        let frame = frame(40, -12.0, 12.0);
        for threads in [1, 2] {
            let mask = inside(&frame, mesh, closed, &Exec::silent(threads).unwrap());
            for i in 0..frame.len() {
                let v = frame.voxel(i);
                let p = V3::from(frame.centre(v));
                if let Some(expected) = truth(&p) {
                    assert_eq!(mask.get(v[0], v[1], v[2]), expected, "{p}");
                }
            }
        }
    }

    #[test]
    fn voxels_inside_shells_and_cavities_are_told_exactly() {
        let parts = [
            cuboid([-6.0; 3], [6.0; 3]),
            flipped(cuboid([-3.0; 3], [3.0; 3])),
            cuboid([4.0, -1.0, -1.0], [9.0, 1.0, 1.0]),
        ];
        compare(&join(&parts), true, |p| {
            let within = |low: [f64; 3], high: [f64; 3]| (0..3).all(|a| low[a] < p[a] && p[a] < high[a]);
            let shell = within([-6.0; 3], [6.0; 3]) && !within([-3.0; 3], [3.0; 3]);
            // Faces at ±6 and ±3 lie on voxel centres of this grid for some planes: those may go either way.
            let tie =
                (0..3).any(|a| [-6.0, -3.0, 3.0, 6.0, -1.0, 1.0, 4.0, 9.0].iter().any(|f| (p[a] - f).abs() < 1e-9));
            (!tie).then_some(shell || within([4.0, -1.0, -1.0], [9.0, 1.0, 1.0]))
        });
    }

    #[test]
    fn a_mesh_with_vertices_on_the_rays_has_no_streaks() {
        // Vertices and edges of this sphere lie exactly on rows of the grid.
        let mesh = sphere([-12.0 + 0.3 + 0.6 * 20.0, -12.0 + 0.3 + 0.6 * 20.0, -12.0 + 0.3 + 0.6 * 19.0], 9.0, 24);
        let centre = V3::new(0.3, 0.3, -0.3);
        compare(&mesh, true, |p| {
            let r = (p - centre).norm();
            if r < 8.8 {
                Some(true)
            } else if r > 9.0 {
                Some(false)
            } else {
                None
            }
        });
    }

    #[test]
    fn a_hole_is_closed_over() {
        let mut mesh = sphere([0.1, 0.05, 0.0], 9.0, 24);
        mesh.triangles.drain(200..215);
        compare(&mesh, false, |p| {
            let r = (p - V3::new(0.1, 0.05, 0.0)).norm();
            if r < 7.5 {
                Some(true)
            } else if r > 9.6 {
                Some(false)
            } else {
                None
            }
        });
    }
}
