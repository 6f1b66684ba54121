//! The voxels of one set that lie within a distance of another set.
//!
//! For each voxel asked about, offsets are tried from the nearest on: cheap where the distance is a few voxels, which
//! is what it is made for. O(voxels asked · offsets) at the worst.

use crate::grid::{Border, Frame, Mask};
use crate::parallel::Exec;

/// How many voxels of `asked` have a voxel of `set` no further than `distance` (µm) from their centre.
#[must_use]
pub fn count_near(frame: &Frame, border: Border, asked: &Mask, set: &Mask, distance: f64, exec: &Exec) -> u64 {
    let [nx, ny, nz] = frame.size;
    let h = frame.spacing;
    let reach: [isize; 3] = std::array::from_fn(|a| (distance / h[a]).floor() as isize);
    let mut offsets: Vec<(f64, [isize; 3])> = Vec::new();
    for z in -reach[2]..=reach[2] {
        for y in -reach[1]..=reach[1] {
            for x in -reach[0]..=reach[0] {
                let d = [x, y, z].iter().zip(&h).map(|(&i, h)| (i as f64 * h).powi(2)).sum::<f64>();
                if d <= distance * distance {
                    offsets.push((d, [x, y, z]));
                }
            }
        }
    }
    offsets.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let place = |i: usize, d: isize, n: usize| {
        let j = i as isize + d;
        match border {
            Border::Periodic => Some(j.rem_euclid(n as isize) as usize),
            Border::Open => (0..n as isize).contains(&j).then_some(j as usize),
        }
    };
    exec.map(nz, |z| {
        let mut count = 0u64;
        for y in 0..ny {
            asked.runs(y, z, |from, to| {
                for x in from..to {
                    let near = offsets.iter().any(|(_, [dx, dy, dz])| {
                        match (place(x, *dx, nx), place(y, *dy, ny), place(z, *dz, nz)) {
                            (Some(x), Some(y), Some(z)) => set.get(x, y, z),
                            _ => false,
                        }
                    });
                    count += u64::from(near);
                }
            });
        }
        count
    })
    .into_iter()
    .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_voxels_round_a_point_form_a_ball() {
        let frame = Frame { size: [11, 11, 11], spacing: [1.0, 1.0, 2.0], origin: [0.0; 3] };
        let mut point = Mask::empty(frame.size);
        point.insert(5, 5, 5);
        let count = count_near(&frame, Border::Open, &Mask::full(frame.size), &point, 2.0, &Exec::silent(2).unwrap());
        // In its plane the 13 voxels within 2; above and below one each.
        assert_eq!(count, 15);
    }
}
