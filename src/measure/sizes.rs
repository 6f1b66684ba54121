//! Statistics of sizes weighted by volume.

use crate::parallel::Exec;

/// Sizes with the volume that each governs, in rising order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sizes {
    items: Vec<(f64, f64)>,
    total: f64,
}

impl Sizes {
    /// Sorts sizes and their weights; weights that are not positive do not count.
    #[must_use]
    pub fn new(items: impl Iterator<Item = (f64, f64)>, exec: &Exec) -> Self {
        let mut items: Vec<(f64, f64)> = items.filter(|i| i.1 > 0.0).collect();
        exec.sort_by(&mut items, |a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let total = items.iter().map(|i| i.1).sum();
        Self { items, total }
    }

    /// Sum of the weights.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.total
    }

    /// Mean size; `None` without sizes.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.total > 0.0).then(|| self.items.iter().map(|(s, w)| s * w).sum::<f64>() / self.total)
    }

    /// Standard deviation.
    #[must_use]
    pub fn deviation(&self) -> Option<f64> {
        let mean = self.mean()?;
        Some((self.items.iter().map(|(s, w)| w * (s - mean).powi(2)).sum::<f64>() / self.total).sqrt())
    }

    /// The size below which the share `q` of the volume lies.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let mut below = 0.0;
        let target = q * self.total;
        for &(size, weight) in &self.items {
            below += weight;
            if below >= target {
                return Some(size);
            }
        }
        self.largest()
    }

    /// The largest size.
    #[must_use]
    pub fn largest(&self) -> Option<f64> {
        self.items.last().map(|i| i.0)
    }

    /// Share of the volume with sizes from `low` to `high`.
    #[must_use]
    pub fn share(&self, low: f64, high: f64) -> f64 {
        let within: f64 = self.items.iter().filter(|i| low <= i.0 && i.0 <= high).map(|i| i.1).sum();
        if self.total > 0.0 { within / self.total } else { 0.0 }
    }

    /// Shares in classes of the given width, with their edges.
    #[must_use]
    pub fn histogram(&self, width: f64) -> (Vec<f64>, Vec<f64>) {
        let classes = (self.largest().unwrap_or(0.0) / width).floor() as usize + 1;
        let mut fraction = vec![0.0; classes];
        for (size, weight) in &self.items {
            fraction[((size / width) as usize).min(classes - 1)] += weight / self.total;
        }
        ((0..=classes).map(|i| i as f64 * width).collect(), fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_weighted() {
        let sizes = Sizes::new([(3.0, 1.0), (1.0, 3.0), (9.0, 0.0)].into_iter(), &Exec::silent(1).unwrap());
        assert_eq!(sizes.mean(), Some(1.5));
        assert_eq!(sizes.quantile(0.5), Some(1.0));
        assert_eq!(sizes.quantile(0.9), Some(3.0));
        assert_eq!(sizes.largest(), Some(3.0));
        assert_eq!(sizes.share(2.0, 4.0), 0.25);
        assert_eq!(sizes.deviation().map(|d| (d - 0.75f64.sqrt()).abs() < 1e-12), Some(true));
        let (edges, fraction) = sizes.histogram(2.0);
        assert_eq!((edges, fraction), (vec![0.0, 2.0, 4.0], vec![0.75, 0.25]));
        assert_eq!(Sizes::default().mean(), None);
    }
}
