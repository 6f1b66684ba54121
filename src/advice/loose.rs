//! Loose pieces: solid that hangs on nothing, and the solid without it.
//!
//! Where the shells of a mesh are separate each outward shell with its cavities is a piece, and all but the largest are
//! loose. Elsewhere pieces are components of voxels (26-connected), in a periodic cell those that wind round no axis are
//! loose, and a shell goes with the component that most of its corners lie beside.

use crate::design::Body;
use crate::grid::{Border, Connectivity, Frame, Mask};
use crate::mesh::solid::SolidMesh;
use crate::mesh::{Mesh, V3};
use crate::parallel::Exec;
use crate::voxel::inside::inside;
use crate::voxel::labels::{Labels, winds};

/// A loose piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// A place in or near it, in µm of the input's frame.
    pub at: [f64; 3],
    /// Its volume in µm³.
    pub volume: f64,
}

/// The loose pieces, the largest first, and the mesh without them. `step` is the size in µm of the voxels that decide
/// where shells do not.
#[must_use]
pub fn loose_pieces(solid: &SolidMesh, body: &Body, border: Border, step: f64, exec: &Exec) -> (Vec<Piece>, Mesh) {
    let (mut pieces, gone) = if solid.separate() && border == Border::Open {
        by_shells(solid)
    } else {
        by_voxels(solid, body, border, step, exec)
    };
    pieces.sort_by(|a, b| b.volume.total_cmp(&a.volume));
    let keep = |t: usize| !gone[solid.shells.of_triangle[t] as usize];
    let triangles: Vec<[V3; 3]> =
        (0..solid.mesh.triangles.len()).filter(|&t| keep(t)).map(|t| solid.mesh.corners(t)).collect();
    let mesh = if pieces.is_empty() { solid.mesh.clone() } else { Mesh::weld(&triangles).unwrap_or_default() };
    (pieces, mesh)
}

fn by_shells(solid: &SolidMesh) -> (Vec<Piece>, Vec<bool>) {
    let shells = &solid.shells.shells;
    let owner: Vec<usize> =
        (0..shells.len()).map(|s| if shells[s].volume > 0.0 { s } else { shells[s].parent.unwrap_or(s) }).collect();
    let mut volumes = vec![0.0; shells.len()];
    for (s, shell) in shells.iter().enumerate() {
        volumes[owner[s]] += shell.volume;
    }
    let solids = (0..shells.len()).filter(|&s| shells[s].volume > 0.0);
    let largest = solids.clone().max_by(|&a, &b| volumes[a].total_cmp(&volumes[b]).then(b.cmp(&a)));
    let pieces = solids
        .filter(|&s| Some(s) != largest)
        .map(|s| {
            let middle = (shells[s].bounds.0 + shells[s].bounds.1) / 2.0;
            Piece { at: [middle.x, middle.y, middle.z], volume: volumes[s] }
        })
        .collect();
    (pieces, owner.iter().map(|o| Some(*o) != largest).collect())
}

fn by_voxels(solid: &SolidMesh, body: &Body, border: Border, step: f64, exec: &Exec) -> (Vec<Piece>, Vec<bool>) {
    let extent = body.high - body.low;
    let size: [usize; 3] = std::array::from_fn(|a| ((extent[a] / step - 1e-6).ceil().max(1.0)) as usize);
    let spacing: [f64; 3] = std::array::from_fn(|a| extent[a] / size[a] as f64);
    let frame = Frame { size, spacing, origin: std::array::from_fn(|a| body.low[a] + spacing[a] / 2.0) };
    let mask = inside(&frame, &solid.mesh, solid.closed(), exec);
    let labels = Labels::new(&mask, Connectivity::TwentySix, border, &[], exec);
    let most = labels.components.iter().map(|c| c.voxels).max().unwrap_or(0);
    let largest = labels.components.iter().find(|c| c.voxels == most).map(|c| c.first);
    let holds = |c: &crate::voxel::labels::Component| match border {
        Border::Periodic => (0..3).any(|a| c.touches & winds(a) != 0),
        Border::Open => Some(c.first) == largest,
    };
    let pieces: Vec<Piece> = labels
        .components
        .iter()
        .filter(|c| !holds(c))
        .map(|c| Piece { at: frame.centre(c.first), volume: c.voxels as f64 * frame.voxel_volume() })
        .collect();
    let kept = labels.select(holds);
    let mut loose = mask;
    loose.subtract(&kept);
    let gone = solid
        .shells
        .shells
        .iter()
        .map(|shell| {
            let (mut held, mut lost) = (0u64, 0u64);
            for v in shell.triangles.iter().flat_map(|&t| solid.mesh.corners(t as usize)) {
                held += beside(&frame, &kept, &v);
                lost += beside(&frame, &loose, &v);
            }
            lost > held
        })
        .collect();
    (pieces, gone)
}

/// How many of the 27 voxels round a point are in a set.
fn beside(frame: &Frame, mask: &Mask, p: &V3) -> u64 {
    let near: [isize; 3] = std::array::from_fn(|a| ((p[a] - frame.origin[a]) / frame.spacing[a]).round() as isize);
    let mut count = 0;
    for k in 0..27isize {
        let at = [near[0] + k % 3 - 1, near[1] + k / 3 % 3 - 1, near[2] + k / 9 - 1];
        if (0..3).all(|a| at[a] >= 0 && (at[a] as usize) < frame.size[a]) {
            count += u64::from(mask.get(at[0] as usize, at[1] as usize, at[2] as usize));
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::EnvelopeKind;
    use crate::mesh::shapes::{cuboid, flipped, join};

    fn clean(mesh: Mesh) -> (Vec<Piece>, Mesh) {
        let exec = Exec::silent(1).unwrap();
        let body = Body::cuboid(EnvelopeKind::Box, V3::zeros(), V3::new(10.0, 10.0, 10.0));
        loose_pieces(&SolidMesh::new(mesh, &exec).unwrap(), &body, Border::Open, 0.25, &exec)
    }

    #[test]
    fn all_but_the_largest_piece_go_with_their_cavities() {
        let frame = join(&[cuboid([0.0; 3], [6.0; 3]), flipped(cuboid([1.0; 3], [5.0; 3]))]);
        let inner = join(&[cuboid([2.0; 3], [4.0; 3]), flipped(cuboid([2.5; 3], [3.5; 3]))]);
        let beside = cuboid([8.0; 3], [9.0; 3]);
        let (pieces, mesh) = clean(join(&[inner, frame.clone(), beside]));
        let volumes: Vec<f64> = pieces.iter().map(|p| p.volume).collect();
        assert!((volumes[0] - 7.0).abs() < 1e-9 && (volumes[1] - 1.0).abs() < 1e-9 && pieces.len() == 2);
        assert_eq!(pieces[1].at, [8.5; 3]);
        assert!((mesh.signed_volume() - frame.signed_volume()).abs() < 1e-9);
        let (pieces, mesh) = clean(frame.clone());
        assert!(pieces.is_empty());
        assert_eq!(mesh, frame);
    }

    #[test]
    fn of_overlapping_shells_those_of_the_largest_piece_stay() {
        let body = join(&[cuboid([0.0, 0.0, 0.0], [6.0, 2.0, 2.0]), cuboid([4.0, 0.5, 0.5], [5.5, 8.0, 1.5])]);
        let island = join(&[cuboid([7.5, 7.5, 7.5], [8.5, 8.5, 8.5]), cuboid([8.0, 7.8, 7.8], [9.5, 8.2, 8.2])]);
        let (pieces, mesh) = clean(join(&[body.clone(), island]));
        assert_eq!(pieces.len(), 1);
        assert!((pieces[0].volume - 1.16).abs() < 0.3, "{}", pieces[0].volume);
        assert_eq!(mesh.triangles.len(), body.triangles.len());
    }
}
