//! How far distributions and profiles are apart.
//!
//! Distributions are compared by their distribution functions F and G, straight within a class: Wasserstein-1 is the
//! integral of |F − G| over the sizes, Kolmogorov–Smirnov its maximum. A profile, porosity along an axis, is no
//! distribution: of two of them the difference in each class is taken, from where each begins, for a scan begins where its
//! body does.

use crate::report::{DistributionChange, DistributionEntry, ProfileChange};

/// Whether this is a profile: porosity along an axis or round it.
pub(super) fn is_profile(id: &str) -> bool {
    id.starts_with("porosity.")
}

/// How far two distributions are apart; `None` where they are not of the same kind.
pub(super) fn distance(a: &DistributionEntry, b: &DistributionEntry) -> Option<DistributionChange> {
    if a.unit != b.unit || a.edges.len() != a.fraction.len() + 1 || b.edges.len() != b.fraction.len() + 1 {
        return None;
    }
    let mut at: Vec<f64> = a.edges.iter().chain(&b.edges).copied().collect();
    at.sort_by(f64::total_cmp);
    at.dedup();
    let gaps: Vec<f64> = at.iter().map(|x| below(a, *x) - below(b, *x)).collect();
    let mut moved = 0.0;
    for (x, gap) in at.windows(2).zip(gaps.windows(2)) {
        let width = x[1] - x[0];
        // The area between two straight lines, that cross or not.
        moved += if gap[0] * gap[1] >= 0.0 {
            width * (gap[0].abs() + gap[1].abs()) / 2.0
        } else {
            width * (gap[0].powi(2) + gap[1].powi(2)) / (2.0 * (gap[0].abs() + gap[1].abs()))
        };
    }
    let width = |d: &DistributionEntry| d.edges.windows(2).map(|e| e[1] - e[0]).fold(0.0, f64::max);
    Some(DistributionChange {
        unit: a.unit,
        wasserstein_1: moved,
        kolmogorov_smirnov: gaps.iter().map(|g| g.abs()).fold(0.0, f64::max),
        resolution: (width(a) + width(b)) / 2.0,
    })
}

/// How far two profiles are apart; `None` where one has no class.
pub(super) fn apart(a: &DistributionEntry, b: &DistributionEntry) -> Option<ProfileChange> {
    let (first, second) = (a.edges.first()?, b.edges.first()?);
    let end = (a.edges.last()? - first).min(b.edges.last()? - second);
    let width = end / (a.fraction.len().min(b.fraction.len()) as f64);
    let classes = a.fraction.len().min(b.fraction.len());
    let (mut sum, mut greatest) = (0.0, (0.0f64, 0.0));
    for k in 0..classes {
        let (low, high) = (k as f64 * width, (k + 1) as f64 * width);
        let gap = (mean(a, first + low, first + high) - mean(b, second + low, second + high)).abs();
        sum += gap;
        if gap > greatest.0 {
            greatest = (gap, f64::midpoint(low, high));
        }
    }
    (classes > 0 && end > 0.0).then(|| ProfileChange {
        mean: sum / classes as f64,
        greatest: greatest.0,
        at_um: greatest.1,
    })
}

/// Mean of a profile between two places.
fn mean(profile: &DistributionEntry, low: f64, high: f64) -> f64 {
    let common = |edges: &[f64]| (edges[1].min(high) - edges[0].max(low)).max(0.0);
    let parts = || profile.edges.windows(2).map(common).zip(&profile.fraction);
    let length: f64 = parts().map(|p| p.0).sum();
    parts().map(|(length, value)| length * value).sum::<f64>() / length.max(f64::MIN_POSITIVE)
}

/// Share of a distribution below a size.
fn below(d: &DistributionEntry, x: f64) -> f64 {
    let mut sum = 0.0;
    for (edges, fraction) in d.edges.windows(2).zip(&d.fraction) {
        let part = ((x - edges[0]) / (edges[1] - edges[0])).clamp(0.0, 1.0);
        sum += fraction * part;
        if x <= edges[1] {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Unit;

    fn distribution(edges: &[f64], fraction: &[f64]) -> DistributionEntry {
        DistributionEntry { unit: Unit::Micrometre, edges: edges.to_vec(), fraction: fraction.to_vec() }
    }

    #[test]
    fn a_shifted_distribution_is_as_far_as_the_shift() {
        let edges: Vec<f64> = (0..=10).map(|i| 10.0 * f64::from(i)).collect();
        let mut low = vec![0.0; 10];
        let mut high = vec![0.0; 10];
        (low[1], low[2]) = (0.25, 0.75);
        (high[4], high[5]) = (0.25, 0.75);
        let d = distance(&distribution(&edges, &low), &distribution(&edges, &high)).unwrap();
        assert!((d.wasserstein_1 - 30.0).abs() < 1e-12, "{d:?}");
        assert!((d.kolmogorov_smirnov - 1.0).abs() < 1e-12);
        // The same distribution in classes of another width.
        let coarse = distribution(&[0.0, 20.0, 40.0], &[0.5, 0.5]);
        let fine = distribution(&[0.0, 10.0, 20.0, 30.0, 40.0], &[0.25; 4]);
        let d = distance(&coarse, &fine).unwrap();
        assert!(d.wasserstein_1 < 1e-12 && d.kolmogorov_smirnov < 1e-12);
        // Lines that cross: half of a class up, half down.
        let (a, b) = (distribution(&[0.0, 1.0, 2.0], &[1.0, 0.0]), distribution(&[0.0, 1.0, 2.0], &[0.5, 0.5]));
        let d = distance(&a, &b).unwrap();
        assert!((d.wasserstein_1 - 0.5).abs() < 1e-12, "{d:?}");
    }

    #[test]
    fn profiles_are_compared_place_by_place_from_where_they_begin() {
        // The same porosity, elsewhere in space and in classes of half the width.
        let coarse = distribution(&[100.0, 120.0, 140.0, 160.0], &[0.9, 0.6, 0.8]);
        let fine: Vec<f64> = (0..=6).map(|k| -7.0 + 10.0 * f64::from(k)).collect();
        let same = apart(&coarse, &distribution(&fine, &[0.9, 0.9, 0.6, 0.6, 0.8, 0.8])).unwrap();
        assert!(same.mean < 1e-12 && same.greatest < 1e-12, "{same:?}");
        let other = apart(&coarse, &distribution(&fine, &[0.9, 0.9, 0.6, 0.6, 0.5, 0.8])).unwrap();
        assert!((other.greatest - 0.15).abs() < 1e-12 && (other.at_um - 50.0).abs() < 1e-12, "{other:?}");
        assert!((other.mean - 0.05).abs() < 1e-12, "{other:?}");
    }
}
