//! Diameters as colours. A byte stands for a diameter: a few classes below the limits, most of them within, a few above, so
//! that a pore of just the limit is never shown on the wrong side of it. What is out of the limits has colours of its
//! own and is hatched as well, so that it can be told without seeing colours.

use crate::picture::Block;
use crate::report::DesignEntry;

/// Bytes up to this one lie below the limits. 0 is nothing to be shown, 1 void or solid that was not measured.
pub(super) const BELOW: u8 = 32;

/// Bytes from this one on lie above the limits.
pub(super) const ABOVE: u8 = 224;

/// Colour of solid whose thickness does not matter.
pub(super) const SOLID: [u8; 3] = [110, 112, 116];

/// Colour of void whose size was not measured.
pub(super) const UNMEASURED: [u8; 3] = [214, 220, 226];

/// Colours of what is below and above the limits: told apart from each other and from the scale without colour vision.
pub(super) const TOO_SMALL: [u8; 3] = [213, 94, 0];
pub(super) const TOO_LARGE: [u8; 3] = [222, 150, 190];

/// A limit is met within this part of it: a channel of exactly 300 µm counts as 300 µm.
const SLACK: f64 = 1e-3;

/// What the colours stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// The limits, where there are any.
    pub limits: Option<(f64, f64)>,
    /// Diameters at the ends of the scale of what is within the limits.
    pub ends: (f64, f64),
    /// The largest diameter.
    largest: f64,
    gradient: colorous::Gradient,
}

impl Scale {
    /// Of the void: limits are those of the median pore. `None` where no pore was measured.
    pub(super) fn of_pores(design: &DesignEntry, block: &Block) -> Option<Self> {
        Self::new(block, false, pore_limits(design), colorous::VIRIDIS)
    }

    /// Of the solid: the limit is that of the process. `None` where no strut was measured.
    pub(super) fn of_struts(design: &DesignEntry, block: &Block) -> Option<Self> {
        Self::new(block, true, strut_limits(design), colorous::CIVIDIS)
    }

    fn new(block: &Block, solid: bool, limits: Option<(f64, f64)>, gradient: colorous::Gradient) -> Option<Self> {
        let of_phase = block.diameter.iter().zip(&block.distance).filter(|(d, s)| **d > 0.0 && (**s < 0) == solid);
        let (least, largest) =
            of_phase.fold((f64::INFINITY, 0.0f64), |(a, b), (d, _)| (a.min(f64::from(*d)), b.max(f64::from(*d))));
        if largest <= 0.0 {
            return None;
        }
        // The whole of what is allowed, so that designs compare; without limits, what there is.
        let ends = match limits {
            Some((low, high)) => (low, if high.is_finite() { high } else { largest.max(low * 2.0) }),
            None => (least, largest.max(least * 1.001)),
        };
        Some(Self { limits, ends, largest, gradient })
    }

    /// The byte of a diameter; 0 and less were not measured.
    pub(super) fn byte(&self, diameter: f64) -> u8 {
        let class = |t: f64, first: u8, last: u8| {
            let classes = f64::from(last - first) + 1.0;
            (f64::from(first) + (t * classes).floor().clamp(0.0, classes - 1.0)) as u8
        };
        let (low, high) = self.limits.unwrap_or((0.0, f64::INFINITY));
        if diameter <= 0.0 {
            1
        } else if diameter < low * (1.0 - SLACK) {
            class(diameter / low, 2, BELOW)
        } else if diameter > high * (1.0 + SLACK) {
            class((diameter - high) / (self.largest - high).max(f64::MIN_POSITIVE), ABOVE, 255)
        } else {
            class((diameter - self.ends.0) / (self.ends.1 - self.ends.0), BELOW + 1, ABOVE - 1)
        }
    }

    /// The diameter in the middle of a byte's class; 0 of none.
    pub(super) fn diameter(&self, byte: u8) -> f64 {
        let within = |byte: u8, first: u8, last: u8| (f64::from(byte - first) + 0.5) / (f64::from(last - first) + 1.0);
        let (low, high) = self.limits.unwrap_or((0.0, f64::INFINITY));
        match byte {
            0 | 1 => 0.0,
            2..=BELOW => low * within(byte, 2, BELOW),
            ABOVE..=255 => {
                if high.is_finite() {
                    high + (self.largest - high).max(0.0) * within(byte, ABOVE, 255)
                } else {
                    0.0
                }
            }
            _ => self.ends.0 + (self.ends.1 - self.ends.0) * within(byte, BELOW + 1, ABOVE - 1),
        }
    }

    /// The colour of a byte.
    pub(super) fn colour(&self, byte: u8) -> [u8; 3] {
        match byte {
            0 | 1 => UNMEASURED,
            2..=BELOW => TOO_SMALL,
            ABOVE..=255 => TOO_LARGE,
            _ => self.shade(f64::from(byte - BELOW - 1) / f64::from(ABOVE - BELOW - 2)),
        }
    }

    /// The colour at a place of the scale from 0 to 1.
    pub(super) fn shade(&self, t: f64) -> [u8; 3] {
        // The darkest end is too near to black.
        let c = self.gradient.eval_continuous(0.12 + 0.88 * t.clamp(0.0, 1.0));
        [c.r, c.g, c.b]
    }
}

/// The limits on pore size that the checks ask for: of the median, else of the share in a range.
pub(super) fn pore_limits(design: &DesignEntry) -> Option<(f64, f64)> {
    let of_median = design.checks.iter().find(|c| c.asks("pore_size.d50"));
    of_median.map(|check| (check.min.unwrap_or(0.0), check.max.unwrap_or(f64::INFINITY)))
}

/// The least strut that the process makes, where one is declared.
pub(super) fn strut_limits(design: &DesignEntry) -> Option<(f64, f64)> {
    let check = design.checks.iter().find(|c| c.asks("strut.ridge_d01"))?;
    Some((check.min?, f64::INFINITY))
}

/// Whether a byte is out of the limits.
pub(super) fn out_of_limits(byte: u8) -> bool {
    (2..=BELOW).contains(&byte) || byte >= ABOVE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(limits: Option<(f64, f64)>) -> Scale {
        Scale { limits, ends: (300.0, 1200.0), largest: 1500.0, gradient: colorous::VIRIDIS }
    }

    #[test]
    fn no_diameter_is_shown_on_the_wrong_side_of_a_limit() {
        let scale = scale(Some((300.0, 1200.0)));
        for (diameter, expected) in [(299.0, true), (300.0, false), (299.9, false), (1200.0, false), (1202.0, true)] {
            assert_eq!(out_of_limits(scale.byte(diameter)), expected, "{diameter}");
        }
        assert_eq!(scale.byte(0.0), 1);
    }

    #[test]
    fn a_byte_stands_for_its_diameters() {
        let scale = scale(Some((300.0, 1200.0)));
        // Half a class: of 31 below, 191 within and 32 above.
        for (diameter, half) in [(17.0, 4.9), (250.0, 4.9), (301.0, 2.4), (777.0, 2.4), (1499.0, 4.7)] {
            let shown = scale.diameter(scale.byte(diameter));
            assert!((shown - diameter).abs() <= half, "{diameter} is shown as {shown}");
        }
        let mut last = 0.0;
        for byte in 2..=255 {
            assert!(scale.diameter(byte) > last, "{byte}");
            last = scale.diameter(byte);
        }
    }

    #[test]
    fn without_limits_nothing_is_out_of_them() {
        let scale = scale(None);
        assert!((1..2000).all(|d| !out_of_limits(scale.byte(f64::from(d)))));
    }

    #[test]
    fn lightness_rises_along_the_scale_so_that_it_reads_without_colours() {
        for gradient in [colorous::VIRIDIS, colorous::CIVIDIS] {
            let scale = Scale { gradient, ..scale(None) };
            let light = |t: f64| {
                let [r, g, b] = scale.shade(t).map(f64::from);
                0.2126 * r + 0.7152 * g + 0.0722 * b
            };
            assert!((1..=20).all(|k| light(f64::from(k) / 20.0) > light(f64::from(k - 1) / 20.0)));
        }
    }
}
