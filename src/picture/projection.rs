//! Two solids seen through along an axis: how deep each line of sight goes through what both have, through what is missing
//! in the new one, and through what is extra.

use super::axes;
use crate::grid::{Frame, Mask};

/// A view along an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// The axis that is looked along: 0 for x.
    pub axis: usize,
    /// Lower corner across and up, in µm.
    pub low_um: [f64; 2],
    /// Width and height in µm.
    pub extent_um: [f64; 2],
    /// Points across and up.
    pub size: [usize; 2],
    /// Row after row from the top: depth of what both have, of what is missing and of what is extra, each in parts of its
    /// greatest one, 255 for all of it; what is there at all is never 0.
    pub depths: Vec<[u8; 3]>,
}

impl Projection {
    /// The view along `axis` of masks of one frame.
    #[must_use]
    pub fn of(frame: &Frame, axis: usize, masks: [&Mask; 3]) -> Self {
        let [across, up] = axes(axis);
        let size = [frame.size[across], frame.size[up]];
        let mut counts = vec![[0u32; 3]; size[0] * size[1]];
        for (k, mask) in masks.into_iter().enumerate() {
            for z in 0..frame.size[2] {
                for y in 0..frame.size[1] {
                    mask.runs(y, z, |from, to| {
                        for x in from..to {
                            let at = [x, y, z];
                            counts[at[across] + size[0] * (size[1] - 1 - at[up])][k] += 1;
                        }
                    });
                }
            }
        }
        let most: [u32; 3] = std::array::from_fn(|k| counts.iter().map(|c| c[k]).max().unwrap_or(0).max(1));
        let part = |count: u32, most: u32| match count {
            0 => 0,
            n => (255 * u64::from(n) / u64::from(most)).clamp(1, 255) as u8,
        };
        let (low, high) = frame.bounds();
        Self {
            axis,
            low_um: [low[across], low[up]],
            extent_um: [high[across] - low[across], high[up] - low[up]],
            size,
            depths: counts.iter().map(|c| std::array::from_fn(|k| part(c[k], most[k]))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_seen_from_its_side_and_from_its_end() {
        let frame = Frame { size: [8, 5, 4], spacing: [10.0; 3], origin: [5.0; 3] };
        let (mut bar, mut speck, none) = (Mask::empty(frame.size), Mask::empty(frame.size), Mask::empty(frame.size));
        bar.insert_run(1, 2, 1, 7);
        speck.insert(3, 4, 0);
        let end = Projection::of(&frame, 0, [&bar, &speck, &none]);
        assert_eq!((end.size, end.low_um, end.extent_um), ([5, 4], [0.0, 0.0], [50.0, 40.0]));
        // y = 1 across, z = 2 up of 4: the second row from the top.
        let lit =
            |p: &Projection, k: usize| -> Vec<usize> { (0..p.depths.len()).filter(|i| p.depths[*i][k] > 0).collect() };
        assert_eq!((lit(&end, 0), lit(&end, 1)), (vec![1 + 5], vec![4 + 5 * 3]));
        let side = Projection::of(&frame, 1, [&bar, &speck, &none]);
        assert_eq!(lit(&side, 0).len(), 6);
        assert!(lit(&side, 2).is_empty());
    }
}
