//! How soft a solid becomes when a front moves inward: what a solver gave at some depths, and a monotone curve between.
//!
//! Cubic pieces whose slopes are limited so that they never turn (Fritsch & Carlson 1980, doi:10.1137/0717021, with the
//! slopes of Fritsch & Butland 1984, doi:10.1137/0905021: the weighted harmonic mean of the chords on both sides, 0 where
//! they differ in sign). A modulus that came out above the one before, by the error of the solver, is taken down to it:
//! what has lost material is no stiffer.

/// Stiffness over depth of the front, relative to the solid before.
#[derive(Clone, Debug, PartialEq)]
pub struct Softening {
    depth: Vec<f64>,
    left: Vec<f64>,
    slope: Vec<f64>,
}

impl Softening {
    /// From moduli at rising depths in µm, the first at 0; `None` where there is no modulus at first.
    #[must_use]
    pub fn new(points: &[(f64, f64)]) -> Option<Self> {
        let first = points.first().filter(|p| p.1 > 0.0)?.1;
        let depth: Vec<f64> = points.iter().map(|p| p.0).collect();
        let mut left: Vec<f64> = points.iter().map(|p| p.1 / first).collect();
        for k in 1..left.len() {
            left[k] = left[k].clamp(0.0, left[k - 1]);
        }
        let slope = slopes(&depth, &left);
        Some(Self { depth, left, slope })
    }

    /// Share of the stiffness that is left when the front is this deep; beyond the last depth the last share holds.
    #[must_use]
    pub fn left(&self, depth: f64) -> f64 {
        let k = self.depth.partition_point(|d| *d <= depth);
        match (k.checked_sub(1), self.depth.get(k)) {
            (None, _) => 1.0,
            (Some(j), None) => self.left[j],
            (Some(j), Some(next)) => {
                let h = next - self.depth[j];
                let t = (depth - self.depth[j]) / h;
                let (u, v) = (1.0 - t, t);
                self.left[j] * u * u * (1.0 + 2.0 * t)
                    + self.left[k] * v * v * (3.0 - 2.0 * t)
                    + h * t * u * (self.slope[j] * u - self.slope[k] * v)
            }
        }
    }

    /// The same in a solid that is scaled by a factor.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            depth: self.depth.iter().map(|d| d * factor).collect(),
            left: self.left.clone(),
            slope: self.slope.iter().map(|s| s / factor).collect(),
        }
    }
}

/// Slopes at the points with which the cubic pieces are monotone.
fn slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let n = x.len();
    if n < 2 {
        return vec![0.0; n];
    }
    let h: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
    let chord: Vec<f64> = y.windows(2).zip(&h).map(|(w, h)| (w[1] - w[0]) / h).collect();
    let mut slope = vec![0.0; n];
    for k in 1..n - 1 {
        let (a, b) = (chord[k - 1], chord[k]);
        if a * b > 0.0 {
            let (wa, wb) = (2.0 * h[k] + h[k - 1], h[k] + 2.0 * h[k - 1]);
            slope[k] = (wa + wb) / (wa / a + wb / b);
        }
    }
    // At the ends the chord: no steeper than three times it, so monotone.
    (slope[0], slope[n - 1]) = (chord[0], chord[n - 2]);
    slope
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_goes_through_its_points_and_never_rises() {
        let law = |d: f64| (1.0 - d / 40.0).powi(3);
        let points: Vec<(f64, f64)> = (0..=8).map(|k| (5.0 * f64::from(k), 20.0 * law(5.0 * f64::from(k)))).collect();
        let softening = Softening::new(&points).unwrap();
        for (depth, value) in &points {
            assert!((softening.left(*depth) - value / 20.0).abs() < 1e-12);
        }
        let mut before = 1.0;
        for k in 0..=500 {
            let depth = 0.1 * f64::from(k);
            let left = softening.left(depth);
            assert!(left <= before && left >= 0.0, "{depth}: {left} after {before}");
            assert!((left - law(depth.min(40.0))).abs() < 0.01, "{depth}: {left}");
            before = left;
        }
        assert_eq!(softening.scaled(2.0).left(10.0), softening.left(5.0));
    }

    #[test]
    fn noise_does_not_make_it_stiffer_and_nothing_gives_nothing() {
        let softening = Softening::new(&[(0.0, 2.0), (1.0, 1.0), (2.0, 1.02), (3.0, 0.5)]).unwrap();
        assert_eq!((softening.left(2.0), softening.left(1.5), softening.left(9.0)), (0.5, 0.5, 0.25));
        assert_eq!(Softening::new(&[(0.0, 0.0), (1.0, 0.0)]), None);
        assert_eq!(Softening::new(&[]), None);
    }
}
