//! A set of voxels, one bit each. Rows along x start on a word, so that rows can be handled by different threads.

/// A set of voxels of a grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    size: [usize; 3],
    words_per_row: usize,
    words: Vec<u64>,
}

impl Mask {
    /// The empty set on a grid of this size.
    #[must_use]
    pub fn empty(size: [usize; 3]) -> Self {
        let words_per_row = size[0].div_ceil(64);
        Self { size, words_per_row, words: vec![0; words_per_row * size[1] * size[2]] }
    }

    /// Every voxel of a grid of this size.
    #[must_use]
    pub fn full(size: [usize; 3]) -> Self {
        let mut mask = Self::empty(size);
        let per_row = mask.words_per_row;
        for row in mask.words.chunks_mut(per_row.max(1)) {
            for (w, word) in row.iter_mut().enumerate() {
                *word = low_bits(size[0] - 64 * w);
            }
        }
        mask
    }

    /// Bytes that a mask of this size takes.
    #[must_use]
    pub fn bytes([nx, ny, nz]: [usize; 3]) -> u64 {
        [nx.div_ceil(64), ny, nz].into_iter().fold(8, |all, n| all.saturating_mul(n as u64))
    }

    /// Planes put on top of each other; missing ones are empty.
    #[must_use]
    pub fn stack(size: [usize; 3], planes: &[Self]) -> Self {
        let mut mask = Self::empty(size);
        let per_plane = (mask.words_per_row * size[1]).max(1);
        for (words, plane) in mask.words.chunks_mut(per_plane).zip(planes) {
            words.copy_from_slice(&plane.words);
        }
        mask
    }

    /// Size of the grid.
    #[must_use]
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Words in a row.
    #[must_use]
    pub fn words_per_row(&self) -> usize {
        self.words_per_row
    }

    /// Whether the voxel belongs to the set.
    #[must_use]
    pub fn get(&self, x: usize, y: usize, z: usize) -> bool {
        let row = (y + self.size[1] * z) * self.words_per_row;
        self.words[row + x / 64] >> (x % 64) & 1 == 1
    }

    /// Puts the voxel into the set.
    pub fn insert(&mut self, x: usize, y: usize, z: usize) {
        let row = (y + self.size[1] * z) * self.words_per_row;
        self.words[row + x / 64] |= 1 << (x % 64);
    }

    /// Takes the voxel out of the set.
    pub fn remove(&mut self, x: usize, y: usize, z: usize) {
        let row = (y + self.size[1] * z) * self.words_per_row;
        self.words[row + x / 64] &= !(1 << (x % 64));
    }

    /// Puts the voxels of a row from `from` to before `to` into the set.
    pub fn insert_run(&mut self, y: usize, z: usize, from: usize, to: usize) {
        if from >= to {
            return;
        }
        let row = (y + self.size[1] * z) * self.words_per_row;
        for w in from / 64..=(to - 1) / 64 {
            self.words[row + w] |= low_bits(to - 64 * w) & (u64::MAX << from.saturating_sub(64 * w));
        }
    }

    /// Whether the row has a voxel of the set from `from` to before `to`.
    #[must_use]
    pub fn any(&self, y: usize, z: usize, from: usize, to: usize) -> bool {
        let row = self.row(y, z);
        from < to
            && (from / 64..=(to - 1) / 64)
                .any(|w| row[w] & low_bits(to - 64 * w) & (u64::MAX << from.saturating_sub(64 * w)) != 0)
    }

    /// The voxels of the set with a neighbour across a face that is not in it; beyond the grid nothing is.
    #[must_use]
    pub fn rim(&self) -> Self {
        let [_, ny, nz] = self.size;
        let mut rim = Self::empty(self.size);
        if self.words_per_row == 0 {
            return rim;
        }
        let none = vec![0; self.words_per_row];
        for (r, out) in rim.words.chunks_mut(self.words_per_row).enumerate() {
            let (y, z) = (r % ny, r / ny);
            let row = self.row(y, z);
            if row.iter().all(|w| *w == 0) {
                continue;
            }
            let south = if y > 0 { self.row(y - 1, z) } else { &none };
            let north = if y + 1 < ny { self.row(y + 1, z) } else { &none };
            let below = if z > 0 { self.row(y, z - 1) } else { &none };
            let above = if z + 1 < nz { self.row(y, z + 1) } else { &none };
            for (w, out) in out.iter_mut().enumerate() {
                let west = row[w] << 1 | if w > 0 { row[w - 1] >> 63 } else { 0 };
                let east = row[w] >> 1 | row.get(w + 1).map_or(0, |next| next << 63);
                *out = row[w] & !(west & east & south[w] & north[w] & below[w] & above[w]);
            }
        }
        rim
    }

    /// The words of one row; bit `x % 64` of word `x / 64` is voxel x.
    #[must_use]
    pub fn row(&self, y: usize, z: usize) -> &[u64] {
        let row = (y + self.size[1] * z) * self.words_per_row;
        &self.words[row..row + self.words_per_row]
    }

    /// All words, row after row.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// All words, to be changed. Bits beyond the end of a row must stay 0.
    pub fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// Number of voxels in the set.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.words.iter().map(|w| u64::from(w.count_ones())).sum()
    }

    /// Whether the set has no voxel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&w| w == 0)
    }

    /// Keeps the voxels that are also in `other`.
    ///
    /// # Panics
    /// When the grids differ in size.
    pub fn intersect(&mut self, other: &Self) {
        assert_eq!(self.size, other.size, "masks of one grid");
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= b;
        }
    }

    /// Adds the voxels that are in `other`.
    ///
    /// # Panics
    /// When the grids differ in size.
    pub fn unite(&mut self, other: &Self) {
        assert_eq!(self.size, other.size, "masks of one grid");
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a |= b;
        }
    }

    /// Takes away the voxels that are in `other`.
    ///
    /// # Panics
    /// When the grids differ in size.
    pub fn subtract(&mut self, other: &Self) {
        assert_eq!(self.size, other.size, "masks of one grid");
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= !b;
        }
    }

    /// Calls `f(start, end)` for every run of voxels of a row, `end` exclusive.
    pub fn runs(&self, y: usize, z: usize, mut f: impl FnMut(usize, usize)) {
        let row = self.row(y, z);
        let nx = self.size[0];
        let mut x = 0;
        while let Some(start) = next_bit(row, x, nx, true) {
            let end = next_bit(row, start, nx, false).unwrap_or(nx);
            f(start, end);
            x = end;
        }
    }
}

/// First x at or after `from` whose bit is `value`.
fn next_bit(row: &[u64], from: usize, nx: usize, value: bool) -> Option<usize> {
    let mut w = from / 64;
    let mut skip = from % 64;
    while w < row.len() {
        let word = if value { row[w] } else { !row[w] };
        let word = word & (u64::MAX << skip);
        if word != 0 {
            let x = 64 * w + word.trailing_zeros() as usize;
            return (x < nx).then_some(x);
        }
        w += 1;
        skip = 0;
    }
    None
}

/// A word with its lowest `n` bits set; all of them when `n` is 64 or more.
fn low_bits(n: usize) -> u64 {
    if n >= 64 { u64::MAX } else { (1 << n) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cross_words_and_end_with_the_row() {
        let mut mask = Mask::empty([130, 2, 1]);
        for x in (3..5).chain(60..70).chain(128..130) {
            mask.insert(x, 1, 0);
        }
        let mut runs = Vec::new();
        mask.runs(1, 0, |a, b| runs.push((a, b)));
        assert_eq!(runs, [(3, 5), (60, 70), (128, 130)]);
        mask.runs(0, 0, |_, _| panic!("row 0 is empty"));
        assert_eq!(mask.count(), 14);
    }

    #[test]
    fn the_rim_has_a_neighbour_outside() {
        let mut mask = Mask::full([130, 5, 4]);
        let mut hole = Mask::empty([130, 5, 4]);
        hole.insert(64, 2, 2);
        mask.subtract(&hole);
        let rim = mask.rim();
        for z in 0..4usize {
            for y in 0..5usize {
                for x in 0..130usize {
                    let edge = x == 0 || x == 129 || y == 0 || y == 4 || z == 0 || z == 3;
                    let beside = x.abs_diff(64) + y.abs_diff(2) + z.abs_diff(2) == 1;
                    assert_eq!(rim.get(x, y, z), (edge || beside) && mask.get(x, y, z), "{x} {y} {z}");
                }
            }
        }
        assert!(mask.any(2, 2, 63, 66) && !mask.any(2, 2, 64, 65) && mask.any(0, 0, 129, 130) && !mask.any(0, 0, 7, 7));
    }

    #[test]
    fn the_full_mask_has_no_stray_bits() {
        for nx in [1, 63, 64, 65, 130] {
            let mask = Mask::full([nx, 3, 2]);
            assert_eq!(mask.count(), (nx * 6) as u64);
            let mut rest = mask.clone();
            rest.subtract(&mask);
            assert!(rest.is_empty());
        }
    }
}
