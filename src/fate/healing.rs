//! How the void fills with tissue: 0 until a lag, then a Weibull curve through its half and its nine tenths.

/// Days until growth begins, until half and until nine tenths of the void are filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Healing {
    /// Lag.
    pub lag: f64,
    /// Half.
    pub t50: f64,
    /// Nine tenths.
    pub t90: f64,
}

impl Healing {
    /// Share of the void that is filled after `t` days.
    #[must_use]
    pub fn fill(&self, t: f64) -> f64 {
        if t <= self.lag {
            return 0.0;
        }
        let ln2 = std::f64::consts::LN_2;
        let power = (std::f64::consts::LN_10 / ln2).ln() / ((self.t90 - self.lag) / (self.t50 - self.lag)).ln();
        1.0 - (-ln2 * ((t - self.lag) / (self.t50 - self.lag)).powf(power)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_through_its_anchors() {
        let healing = Healing { lag: 14.0, t50: 70.0, t90: 150.0 };
        assert_eq!(healing.fill(14.0), 0.0);
        assert!((healing.fill(70.0) - 0.5).abs() < 1e-12 && (healing.fill(150.0) - 0.9).abs() < 1e-12);
    }
}
