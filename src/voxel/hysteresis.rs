//! Threshold with hysteresis: voxels beyond a sure value are solid, and of those beyond a lesser, possible value the
//! ones that are connected to a sure one through voxels that are beyond the possible value too. Faint parts of struts are
//! kept where noise of the same brightness is not (Canny 1986, doi:10.1109/TPAMI.1986.4767851, who joins edges so).
//!
//! What is left is a grey volume again, which the possible value alone parts as the rule says: a voxel that is beyond it
//! and connected to no sure one is set to it. No such voxel touches one that is kept, not even at a corner, so every
//! cell that the surface runs through has the grey levels of the file, and the surface lies between voxels as it does
//! for a plain threshold. The same is done for the possible value less its doubt, so that moving the threshold by that
//! much, as the uncertainty of figures does, brings back no noise that is not connected there either.
//!
//! Connected means sharing a face, an edge or a corner (26), as solid is everywhere; the border of the grid joins
//! nothing. Components are found by runs ([`super::labels`]); O(voxels), half a byte each beside the runs.

use super::labels::Labels;
use crate::grid::{Border, Connectivity, Levels, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// The phase that is solid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// That of the higher values.
    Bright,
    /// That of the lower values.
    Dark,
}

/// Values that make solid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Solid for sure beyond this.
    pub sure: f32,
    /// Solid beyond this where connected to what is sure.
    pub possible: f32,
    /// By how much the possible value may be moved afterwards.
    pub doubt: f32,
    /// On which side of the values solid lies.
    pub solid: Side,
}

impl Rule {
    fn beyond(&self, value: f32, threshold: f32) -> bool {
        match self.solid {
            Side::Bright => value > threshold,
            Side::Dark => value < threshold,
        }
    }

    /// The possible value, made less strict by the doubt.
    fn lenient(&self) -> f32 {
        match self.solid {
            Side::Bright => self.possible - self.doubt,
            Side::Dark => self.possible + self.doubt,
        }
    }

    /// The voxels beyond a threshold.
    fn mask(&self, levels: &Levels, [nx, ny, nz]: [usize; 3], threshold: f32, exec: &Exec) -> Mask {
        let mut mask = Mask::empty([nx, ny, nz]);
        let words = mask.words_per_row();
        exec.chunks(mask.words_mut(), words * ny, |z, plane| {
            for y in 0..ny {
                let row = nx * (y + ny * z);
                for x in (0..nx).filter(|x| self.beyond(levels.get(row + x), threshold)) {
                    plane[words * y + x / 64] |= 1 << (x % 64);
                }
            }
        });
        mask
    }

    /// Those of the voxels beyond a threshold that are connected to sure ones.
    fn connected(&self, levels: &Levels, size: [usize; 3], threshold: f32, sure: &Mask, exec: &Exec) -> Mask {
        let mask = self.mask(levels, size, threshold, exec);
        Labels::new(&mask, Connectivity::TwentySix, Border::Open, &[sure], exec).select(|c| c.touches & 1 == 1)
    }
}

/// The levels with what is connected to no sure voxel set to void; `None` where no voxel is sure.
///
/// # Errors
/// When it does not fit the memory budget.
pub fn hysteresis(
    mut levels: Levels,
    size: [usize; 3],
    rule: &Rule,
    limits: &Limits,
    exec: &Exec,
) -> Result<Option<Levels>, LimitError> {
    limits.check("the threshold with hysteresis", levels.len() as u64, 1)?;
    let sure = rule.mask(&levels, size, rule.sure, exec);
    if sure.is_empty() {
        return Ok(None);
    }
    let lenient = rule.lenient();
    let reached = rule.connected(&levels, size, lenient, &sure, exec);
    let kept = rule.connected(&levels, size, rule.possible, &sure, exec);
    match &mut levels {
        Levels::U8(v) => settle(v, size, rule, [&reached, &kept], whole(rule.solid), exec),
        Levels::U16(v) => settle(v, size, rule, [&reached, &kept], whole(rule.solid), exec),
        Levels::F32(v) => settle(v, size, rule, [&reached, &kept], |t| t, exec),
    }
    Ok(Some(levels))
}

/// The nearest whole number that is not beyond a threshold. Where a voxel is beyond it and another is not, there is one.
fn whole<T: TryFrom<u32> + Default>(solid: Side) -> impl Fn(f32) -> T + Sync {
    move |threshold| {
        let near = if solid == Side::Bright { threshold.floor() } else { threshold.ceil() };
        T::try_from(near.clamp(0.0, 65535.0) as u32).unwrap_or_default()
    }
}

/// Sets to a threshold what is beyond it and not connected: to the lenient one of what is not reached even there.
fn settle<T: Copy + Send + Into<f32>>(
    values: &mut [T],
    [nx, ny, _]: [usize; 3],
    rule: &Rule,
    [reached, kept]: [&Mask; 2],
    near: impl Fn(f32) -> T + Sync,
    exec: &Exec,
) {
    let lenient = rule.lenient();
    exec.chunks(values, nx * ny, |z, plane| {
        for (i, value) in plane.iter_mut().enumerate() {
            let (x, y, own) = (i % nx, i / nx, (*value).into());
            if !rule.beyond(own, lenient) {
                continue;
            }
            if !reached.get(x, y, z) {
                *value = near(lenient);
            } else if rule.beyond(own, rule.possible) && !kept.get(x, y, z) {
                *value = near(rule.possible);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { memory: 1 << 20 };
    const SIZE: [usize; 3] = [9, 5, 4];

    /// What hysteresis is, voxel by voxel: grows from the sure ones until nothing more is beyond the possible value.
    fn oracle(levels: &Levels, rule: &Rule) -> Vec<bool> {
        let [nx, ny, nz] = SIZE;
        let mut kept: Vec<bool> = (0..levels.len()).map(|i| rule.beyond(levels.get(i), rule.sure)).collect();
        let mut front: Vec<usize> = (0..kept.len()).filter(|&i| kept[i]).collect();
        let around = |c: usize, n: usize| c.saturating_sub(1)..(c + 2).min(n);
        while let Some(i) = front.pop() {
            let (x, y, z) = (i % nx, i / nx % ny, i / (nx * ny));
            for (u, v, w) in
                around(x, nx).flat_map(|u| around(y, ny).flat_map(move |v| around(z, nz).map(move |w| (u, v, w))))
            {
                let j = u + nx * (v + ny * w);
                if !kept[j] && rule.beyond(levels.get(j), rule.possible) {
                    kept[j] = true;
                    front.push(j);
                }
            }
        }
        kept
    }

    /// Values from a seed, even enough that all kinds of pieces come up.
    fn noise(seed: u64) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        (0..SIZE.iter().product::<usize>())
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 24) as u8
            })
            .collect()
    }

    #[test]
    fn the_possible_value_alone_parts_what_is_left_at_any_number_of_threads() {
        let mut dropped = 0;
        for seed in 1..200 {
            let values = noise(seed);
            for (solid, sure, possible) in [(Side::Bright, 250.5, 206.0), (Side::Dark, 4.0, 49.5)] {
                for levels in [
                    Levels::U8(values.clone()),
                    Levels::U16(values.iter().map(|v| u16::from(*v)).collect()),
                    Levels::F32(values.iter().map(|v| f32::from(*v)).collect()),
                ] {
                    let rule = Rule { sure, possible, doubt: 9.0, solid };
                    let one = hysteresis(levels.clone(), SIZE, &rule, &LIMITS, &Exec::silent(1).unwrap()).unwrap();
                    let three = hysteresis(levels.clone(), SIZE, &rule, &LIMITS, &Exec::silent(3).unwrap()).unwrap();
                    assert_eq!(one, three);
                    let Some(out) = one else {
                        assert!((0..levels.len()).all(|i| !rule.beyond(levels.get(i), sure)));
                        continue;
                    };
                    let moved = Rule { possible: rule.lenient(), ..rule };
                    let (truth, lenient) = (oracle(&levels, &rule), oracle(&levels, &moved));
                    for i in 0..levels.len() {
                        assert_eq!(rule.beyond(out.get(i), possible), truth[i], "{seed} {i}");
                        assert_eq!(rule.beyond(out.get(i), moved.possible), lenient[i], "{seed} {i}");
                        assert!(!truth[i] || out.get(i) == levels.get(i));
                        dropped += usize::from(!truth[i] && rule.beyond(levels.get(i), possible));
                    }
                }
            }
        }
        assert!(dropped > 1000, "the rule had something to drop: {dropped}");
    }

    #[test]
    fn faint_voxels_count_where_they_touch_sure_ones() {
        // Along x: a sure voxel with faint neighbours, one of them round a corner, and a faint voxel alone.
        let mut values = vec![10u8; SIZE.iter().product()];
        let at = |x: usize, y: usize, z: usize| x + 9 * (y + 5 * z);
        for (x, y, z, v) in [(1, 1, 0, 200), (2, 1, 0, 90), (3, 2, 1, 90), (6, 1, 1, 90)] {
            values[at(x, y, z)] = v;
        }
        let rule = Rule { sure: 150.0, possible: 80.0, doubt: 5.0, solid: Side::Bright };
        let exec = Exec::silent(2).unwrap();
        let out = hysteresis(Levels::U8(values.clone()), SIZE, &rule, &LIMITS, &exec).unwrap().unwrap();
        let solid: Vec<usize> = (0..out.len()).filter(|&i| out.get(i) > 80.0).collect();
        assert_eq!(solid, [at(1, 1, 0), at(2, 1, 0), at(3, 2, 1)]);
        let none = Rule { sure: 250.0, ..rule };
        assert_eq!(hysteresis(Levels::U8(values), SIZE, &none, &LIMITS, &exec).unwrap(), None);
    }
}
