//! Passages: the largest sphere that can travel through a grid, from one side to the other or, on a periodic grid, round
//! an axis.
//!
//! Each voxel has a weight, the radius of the sphere that fits there; the width of a path is its least weight. Spheres of
//! width w can pass when the voxels of weight w or more have a component that touches both sides (or winds round the
//! axis). The greatest such w is bracketed by labelling components at trial widths, and then found exactly: the few
//! voxels between the brackets are added in falling order of weight (union–find, as in Newman & Ziff 2001,
//! doi:10.1103/PhysRevE.64.016706) until the way is open; the last one is the throat.
//!
//! The first trial comes from the same search on every fourth voxel, so that nearly all voxels are looked at twice.
//! O(voxels + runs · trials); two bits a voxel, and 32 bytes for each of the few voxels between the
//! brackets. Paths step across faces
//! (6-connected).

use std::collections::BTreeMap;

use super::labels::{Forest, Pieces, winds};
use crate::grid::{Border, Connectivity, Frame, Mask};
use crate::parallel::Exec;

/// Voxels that are added one by one.
const ONE_BY_ONE: u64 = 1 << 15;

/// Every which voxel along each axis is looked at for a first guess.
const STRIDE: usize = 4;

/// Voxels below which no guess is made.
const SMALL: usize = 1 << 16;

/// What a way has to do to count.
#[derive(Clone, Copy, Debug)]
pub enum Goal<'a> {
    /// Lead from one set of voxels to another.
    Between(&'a Mask, &'a Mask),
    /// Wind round an axis of a periodic grid.
    Round(usize),
}

/// The widest passage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passage {
    /// Least weight on the way: the radius of the sphere.
    pub radius: f32,
    /// The voxel that has it.
    pub throat: [usize; 3],
}

/// The widest passage; `None` where there is none. `weights` has one for each voxel; what is not positive is a wall.
///
/// # Panics
/// When weights or sides are of grids of another size.
pub fn widest_passage(frame: &Frame, border: Border, weights: &[f32], goal: Goal<'_>, exec: &Exec) -> Option<Passage> {
    assert_eq!(weights.len(), frame.len(), "a weight for each voxel");
    let search = Search { frame: *frame, border, weights, goal, exec };
    let guess = search.guess();
    search.run(guess)
}

struct Search<'a> {
    frame: Frame,
    border: Border,
    weights: &'a [f32],
    goal: Goal<'a>,
    exec: &'a Exec,
}

impl Search<'_> {
    /// The width found on every fourth voxel: near the true one, on either side of it.
    fn guess(&self) -> Option<f32> {
        let [nx, ny, nz] = self.frame.size;
        if self.frame.len() < SMALL || [nx, ny, nz].iter().any(|n| *n < 4 * STRIDE) {
            return None;
        }
        let size = self.frame.size.map(|n| n / STRIDE);
        let mut weights = Vec::with_capacity(size.iter().product());
        for z in 0..size[2] {
            for y in 0..size[1] {
                let first = self.frame.index(STRIDE / 2, y * STRIDE + STRIDE / 2, z * STRIDE + STRIDE / 2);
                weights.extend((0..size[0]).map(|x| self.weights[first + x * STRIDE]));
            }
        }
        let frame = Frame { size, spacing: self.frame.spacing.map(|h| h * STRIDE as f64), origin: self.frame.origin };
        let coarse = |side: &Mask| {
            let mut mask = Mask::empty(size);
            for z in 0..nz {
                for y in 0..ny {
                    side.runs(y, z, |from, to| {
                        let at = |i: usize, a: usize| (i / STRIDE).min(size[a] - 1);
                        mask.insert_run(at(y, 1), at(z, 2), at(from, 0), at(to - 1, 0) + 1);
                    });
                }
            }
            mask
        };
        let found = match self.goal {
            Goal::Between(from, to) => {
                let (from, to) = (coarse(from), coarse(to));
                widest_passage(&frame, self.border, &weights, Goal::Between(&from, &to), self.exec)
            }
            Goal::Round(axis) => widest_passage(&frame, self.border, &weights, Goal::Round(axis), self.exec),
        };
        found.map(|p| p.radius)
    }

    fn run(&self, guess: Option<f32>) -> Option<Passage> {
        let h = self.frame.coarsest() as f32;
        let positive = f32::MIN_POSITIVE;
        // {weight >= low} is open, {weight >= high} is closed.
        let mut low = guess.map_or(positive, |g| (g - h).max(positive));
        let mut alive = self.open_at(low, None);
        if alive.is_none() && low > positive {
            low = positive;
            alive = self.open_at(low, None);
        }
        let mut alive = alive?;
        let mut high = self.greatest().next_up();
        let mut above = Mask::empty(self.frame.size);
        let mut trial = guess.map(|g| g + h).filter(|t| low < *t && *t < high);
        while alive.count() - above.count() > ONE_BY_ONE {
            let middle = trial.take().unwrap_or_else(|| f32::midpoint(low, high));
            if middle <= low || middle >= high {
                break;
            }
            match self.open_at(middle, Some(&alive)) {
                Some(wider) => {
                    (low, alive) = (middle, wider);
                    above.intersect(&alive);
                }
                None => {
                    high = middle;
                    above = self.at_least(middle, Some(&alive));
                }
            }
        }
        self.one_by_one(&alive, &above)
    }

    /// The voxels of `within` that have at least this weight.
    fn at_least(&self, width: f32, within: Option<&Mask>) -> Mask {
        let [nx, ny, _] = self.frame.size;
        let mut mask = Mask::empty(self.frame.size);
        let per_row = mask.words_per_row();
        let pieces: Vec<&mut [u64]> = mask.words_mut().chunks_mut((per_row * ny).max(1)).collect();
        self.exec.for_each(pieces, |z, plane| {
            for y in 0..ny {
                let row = &self.weights[self.frame.index(0, y, z)..][..nx];
                let inside = within.map(|m| m.row(y, z));
                let words = plane[per_row * y..per_row * (y + 1)].iter_mut();
                for (w, (word, weights)) in words.zip(row.chunks(64)).enumerate() {
                    let inside = inside.map_or(u64::MAX, |words| words[w]);
                    if inside != 0 {
                        *word = wide(weights, width) & inside;
                    }
                }
            }
        });
        mask
    }

    fn greatest(&self) -> f32 {
        let [nx, ny, nz] = self.frame.size;
        let planes = self.exec.map(nz, |z| {
            // Positive floats order as their bits.
            let plane = &self.weights[nx * ny * z..nx * ny * (z + 1)];
            plane.iter().map(|w| w.to_bits() as i32).max().unwrap_or(0)
        });
        planes.into_iter().map(|bits| f32::from_bits(bits.max(0) as u32)).fold(0.0, f32::max)
    }

    fn pieces(&self, mask: &Mask) -> Pieces {
        match self.goal {
            Goal::Between(from, to) => Pieces::new(mask, Connectivity::Six, self.border, &[from, to], self.exec),
            Goal::Round(_) => Pieces::new(mask, Connectivity::Six, self.border, &[], self.exec),
        }
    }

    /// What the mark of a piece has to hold for the way to be open.
    fn wanted(&self) -> u32 {
        match self.goal {
            Goal::Between(..) => 3,
            Goal::Round(axis) => winds(axis),
        }
    }

    /// The components of the voxels of at least this weight through which the way is open, if any.
    fn open_at(&self, width: f32, within: Option<&Mask>) -> Option<Mask> {
        let mask = self.at_least(width, within);
        let mut pieces = self.pieces(&mask);
        let wanted = self.wanted();
        let mut open = Mask::empty(self.frame.size);
        let mut any = false;
        for z in 0..self.frame.size[2] {
            for y in 0..self.frame.size[1] {
                for r in pieces.row(y, z) {
                    let root = pieces.forest.find(r as u32);
                    if pieces.forest.marks[root as usize] & wanted == wanted {
                        let run = pieces.runs[r];
                        open.insert_run(y, z, run.from as usize, run.to as usize);
                        any = true;
                    }
                }
            }
        }
        any.then_some(open)
    }

    /// Adds the voxels of `alive` to those `above` one by one until the way is open.
    fn one_by_one(&self, alive: &Mask, above: &Mask) -> Option<Passage> {
        let n = self.frame.size;
        let mut between = alive.clone();
        between.subtract(above);
        let mut pieces = self.pieces(above);
        let mut list: Vec<(u32, [usize; 3])> = Vec::new();
        for z in 0..n[2] {
            for y in 0..n[1] {
                let row = &self.weights[self.frame.index(0, y, z)..][..n[0]];
                between.runs(y, z, |from, to| list.extend((from..to).map(|x| (row[x].to_bits(), [x, y, z]))));
            }
        }
        // The widest first; equals in the order of their places.
        list.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.iter().rev().cmp(b.1.iter().rev())));
        let mut nodes: BTreeMap<[usize; 3], u32> = BTreeMap::new();
        for (bits, voxel) in list {
            if self.add(voxel, &mut pieces, &mut nodes) & self.wanted() == self.wanted() {
                return Some(Passage { radius: f32::from_bits(bits), throat: voxel });
            }
        }
        None
    }

    /// Adds a voxel and joins it with its neighbours; the marks of its piece then.
    fn add(&self, voxel: [usize; 3], pieces: &mut Pieces, nodes: &mut BTreeMap<[usize; 3], u32>) -> u32 {
        let n = self.frame.size;
        let own = match self.goal {
            Goal::Between(from, to) => {
                let [x, y, z] = voxel;
                u32::from(from.get(x, y, z)) | u32::from(to.get(x, y, z)) << 1
            }
            Goal::Round(_) => 0,
        };
        let node = pieces.forest.add(own);
        nodes.insert(voxel, node);
        let mut marks = own;
        for axis in 0..3 {
            for up in [false, true] {
                let mut next = voxel;
                let mut copy = [0i16; 3];
                match (up, self.border) {
                    (true, _) if voxel[axis] + 1 < n[axis] => next[axis] += 1,
                    (false, _) if voxel[axis] > 0 => next[axis] -= 1,
                    (true, Border::Periodic) => (next[axis], copy[axis]) = (0, 1),
                    (false, Border::Periodic) => (next[axis], copy[axis]) = (n[axis] - 1, -1),
                    (_, Border::Open) => continue,
                }
                if let Some(other) = nodes.get(&next).copied().or_else(|| pieces.run_of(next)) {
                    marks |= Forest::unite(&mut pieces.forest, node, other, copy);
                }
            }
        }
        marks
    }
}

/// Which of up to 64 weights are at least `width`, as bits.
#[inline]
fn wide(weights: &[f32], width: f32) -> u64 {
    let eights = weights.chunks_exact(8);
    let rest = eights.remainder();
    let byte = |some: &[f32]| some.iter().enumerate().fold(0u8, |byte, (k, w)| byte | u8::from(*w >= width) << k);
    let mut word = 0;
    let mut at = 0;
    for eight in eights {
        word |= u64::from(byte(eight)) << at;
        at += 8;
    }
    if rest.is_empty() { word } else { word | u64::from(byte(rest)) << at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZE: [usize; 3] = [6, 5, 7];

    fn search(weight: &[f32], border: Border, goal: Goal<'_>, threads: usize) -> Option<Passage> {
        let frame = Frame { size: SIZE, spacing: [1.0; 3], origin: [0.0; 3] };
        let exec = Exec::silent(threads).unwrap();
        let search = Search { frame, border, weights: weight, goal, exec: &exec };
        let found = search.run(None);
        // A guess, good or bad, changes nothing.
        for guess in [0.5, 3.0, 100.0] {
            assert_eq!(search.run(Some(guess)), found);
        }
        found
    }

    /// The widest way by trying every weight with components found by the labels.
    fn slow(weight: &[f32], border: Border, goal: Goal<'_>) -> Option<f32> {
        let mut widths: Vec<f32> = weight.iter().copied().filter(|w| *w > 0.0).collect();
        widths.sort_by(f32::total_cmp);
        let exec = Exec::silent(1).unwrap();
        widths.into_iter().rev().find(|&width| {
            let mut mask = Mask::empty(SIZE);
            for (i, _) in weight.iter().enumerate().filter(|(_, w)| **w >= width) {
                mask.insert(i % SIZE[0], i / SIZE[0] % SIZE[1], i / (SIZE[0] * SIZE[1]));
            }
            let (sides, wanted) = match goal {
                Goal::Between(from, to) => (vec![from, to], 3),
                Goal::Round(axis) => (Vec::new(), winds(axis)),
            };
            let labels = super::super::labels::Labels::new(&mask, Connectivity::Six, border, &sides, &exec);
            labels.components.iter().any(|c| c.touches & wanted == wanted)
        })
    }

    proptest! {
        #[test]
        fn passages_agree_with_trying_every_width(
            weight in prop::collection::vec(prop_oneof![Just(0.0f32), Just(1.0), 0.1..9.0f32], 6 * 5 * 7),
            axis in 0..3usize,
            periodic in any::<bool>(),
        ) {
            let (mut from, mut to) = (Mask::empty(SIZE), Mask::empty(SIZE));
            for i in 0..weight.len() {
                let v = [i % SIZE[0], i / SIZE[0] % SIZE[1], i / (SIZE[0] * SIZE[1])];
                if v[axis] == 0 {
                    from.insert(v[0], v[1], v[2]);
                }
                if v[axis] + 1 == SIZE[axis] {
                    to.insert(v[0], v[1], v[2]);
                }
            }
            let (border, goal) = if periodic {
                (Border::Periodic, Goal::Round(axis))
            } else {
                (Border::Open, Goal::Between(&from, &to))
            };
            let found = search(&weight, border, goal, 2);
            prop_assert_eq!(found.map(|p| p.radius), slow(&weight, border, goal));
            if let Some(p) = found {
                let [x, y, z] = p.throat;
                prop_assert_eq!(weight[x + SIZE[0] * (y + SIZE[1] * z)], p.radius, "the throat has the width");
            }
        }
    }

    #[test]
    fn a_large_grid_is_guessed_from_every_fourth_voxel() {
        // A tunnel of radius 7.3 that narrows to 4.1 in the middle.
        let frame = Frame { size: [72, 64, 60], spacing: [1.0; 3], origin: [0.0; 3] };
        let weight = |x: usize, y: usize, z: usize| {
            let wall = if (30..34).contains(&x) { 4.1 } else { 7.3 };
            wall - ((y as f32 - 31.3).powi(2) + (z as f32 - 29.6).powi(2)).sqrt()
        };
        let weights: Vec<f32> = (0..frame.len()).map(|i| frame.voxel(i)).map(|[x, y, z]| weight(x, y, z)).collect();
        let side = |x: usize| {
            let mut mask = Mask::empty(frame.size);
            (0..64 * 60).for_each(|i| mask.insert(x, i % 64, i / 64));
            mask
        };
        let found = widest_passage(
            &frame,
            Border::Open,
            &weights,
            Goal::Between(&side(0), &side(71)),
            &Exec::silent(2).unwrap(),
        )
        .unwrap();
        assert_eq!(found.radius, weight(31, 31, 30));
        assert!((30..34).contains(&found.throat[0]));
    }
}
