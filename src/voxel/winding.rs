//! How wide the way is from each place of a periodic grid to a way that winds round it.
//!
//! On the torus there is no outside to come from: a place is reached by a sphere when it belongs to a component, of the
//! voxels that the sphere fits at, that winds round an axis. Components are labelled at each of a list of widths.
//! O(widths · voxels).

use super::labels::{Labels, winds};
use crate::grid::{Border, Connectivity, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// For each voxel the greatest of the `widths`, in rising order, at which it belongs to a component that winds round some
/// axis; 0 where it belongs to none. 4 bytes a voxel.
///
/// # Errors
/// When the field does not fit the memory budget.
pub fn winding_widths(
    frame: &Frame,
    weight: &[f32],
    widths: &[f32],
    limits: &Limits,
    exec: &Exec,
) -> Result<Vec<f32>, LimitError> {
    let [nx, ny, nz] = frame.size;
    let any = (0..3).fold(0, |any, axis| any | winds(axis));
    let mut found = limits.try_vec("the widest paths", frame.len(), 0.0f32)?;
    for &width in widths {
        let mut mask = Mask::empty(frame.size);
        let per_row = mask.words_per_row();
        exec.chunks(mask.words_mut(), per_row * ny, |z, plane| {
            for y in 0..ny {
                let row = &weight[frame.index(0, y, z)..][..nx];
                for (word, weights) in plane[y * per_row..(y + 1) * per_row].iter_mut().zip(row.chunks(64)) {
                    *word = weights.iter().enumerate().fold(0, |word, (k, w)| word | u64::from(*w >= width) << k);
                }
            }
        });
        let labels = Labels::new(&mask, Connectivity::Six, Border::Periodic, &[], exec);
        let open = labels.select(|c| c.touches & any != 0);
        if open.is_empty() {
            break;
        }
        for z in 0..nz {
            for y in 0..ny {
                let first = frame.index(0, y, z);
                open.runs(y, z, |from, to| found[first + from..first + to].fill(width));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tube_winds_and_a_chamber_does_not() {
        let frame = Frame { size: [12, 9, 8], spacing: [1.0; 3], origin: [0.0; 3] };
        let mut weight = vec![0.0f32; frame.len()];
        // A tube along x of width 2 with a neck of width 1, and a chamber joined to it by a neck of width 0.5.
        for x in 0..12 {
            weight[frame.index(x, 2, 2)] = if x == 7 { 1.0 } else { 2.0 };
        }
        weight[frame.index(3, 3, 2)] = 0.5;
        weight[frame.index(3, 4, 2)] = 3.0;
        weight[frame.index(9, 7, 6)] = 3.0;
        let places = [(0, 2, 2), (3, 4, 2), (9, 7, 6)].map(|(x, y, z)| frame.index(x, y, z));
        let exec = Exec::silent(2).unwrap();
        let limits = Limits { memory: 1 << 20 };
        let widths = winding_widths(&frame, &weight, &[0.25, 0.5, 0.75, 1.0, 1.5], &limits, &exec).unwrap();
        assert_eq!(places.map(|i| widths[i]), [1.0, 0.5, 0.0]);
    }
}
