//! How much mass and stiffness are left of a scaffold after some days.
//!
//! - Bulk hydrolysis: molecular weight falls as M₀·2^(−t/τ) (Pitt et al. 1981, doi:10.1002/app.1981.070261124); mass is
//!   lost, with a half-life of its own, once it is below a critical weight. Random scission without catalysis:
//!   M₀/(1 + t/τ). Stiffness follows molecular weight, and mass to a power.
//! - Surface erosion and corrosion: a front moves inward at a constant rate; mass is what lies deeper, stiffness what a
//!   solver gives for it, else mass to a power, and nothing once the solid has fallen apart.
//! - First-order resorption: mass falls as 2^(−t/τ); stiffness as mass to a power, or sooner with a half-life of its own
//!   (ion exchange in alginate).
//! - Measured: between the points of the user's own curve; beyond its end the last share holds. What it does not tell
//!   follows: mass from a measured molecular weight by the same critical weight, else from the law; stiffness from molecular
//!   weight and mass.
//!
//! The power is 2 for foams and lattices that bend (Gibson & Ashby 1997).

use super::curve::Measured;
use super::front::Front;
use super::library::{Law, Material, Range};

/// Stiffness goes with mass to this power.
pub const POWER: f64 = 2.0;

/// Days of a year.
const YEAR: f64 = 365.25;

/// Which end of the ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The end at which it goes soonest.
    Fast,
    /// What is to be expected.
    Typical,
    /// The end at which it stays longest.
    Slow,
}

/// A course of degradation.
#[derive(Clone, Debug, PartialEq)]
pub enum Course<'a> {
    /// Hydrolysis throughout.
    Bulk {
        /// Half-life of molecular weight.
        half_life: f64,
        /// Whether its acid speeds it up.
        catalysed: bool,
        /// When mass begins to be lost.
        onset: f64,
        /// Half-life of mass from then on.
        mass_half_life: f64,
    },
    /// A front moves inward.
    Front {
        /// Its rate, in µm a day.
        rate: f64,
        /// What it leaves.
        front: &'a Front,
    },
    /// Mass falls exponentially.
    FirstOrder {
        /// Half-life of mass.
        half_life: f64,
        /// Half-life of stiffness, where it falls sooner.
        stiffness: Option<f64>,
    },
    /// As measured.
    Measured {
        /// The curve.
        curve: &'a Measured,
        /// The law, where the curve tells no mass.
        law: Option<Box<Self>>,
        /// The day on which mass begins to be lost, by a curve of molecular weight.
        onset: Option<f64>,
    },
    /// It stays.
    Never,
}

impl<'a> Course<'a> {
    /// The course of a material in a body with this front, at one end of its ranges.
    #[must_use]
    pub fn new(material: &'a Material, front: &'a Front, pick: Pick) -> Self {
        if let Some(curve) = &material.measured {
            let weight = curve.weight.as_ref().filter(|_| curve.mass.is_none());
            let critical = material.m_crit_kda.unwrap_or(0.0) / material.m0_kda.unwrap_or(1.0);
            let onset = weight.and_then(|weight| first_below(|t| between(&curve.days, weight, t), critical));
            let law = curve.mass.is_none().then(|| Box::new(Self::by_law(material, front, pick)));
            return Self::Measured { curve, law, onset };
        }
        Self::by_law(material, front, pick)
    }

    fn by_law(material: &Material, front: &'a Front, pick: Pick) -> Self {
        let life = |range: Option<Range>| {
            range.map_or(f64::INFINITY, |r| match pick {
                Pick::Fast => r.low,
                Pick::Typical => r.typical,
                Pick::Slow => r.high,
            })
        };
        let rate = |range: Option<Range>| {
            range.map_or(0.0, |r| match pick {
                Pick::Fast => r.high,
                Pick::Typical => r.typical,
                Pick::Slow => r.low,
            })
        };
        match material.law {
            Law::BulkHydrolysis | Law::RandomScission => {
                let catalysed = material.law == Law::BulkHydrolysis;
                let half_life = life(material.half_life_d);
                let fall = material.m0_kda.unwrap_or(1.0) / material.m_crit_kda.unwrap_or(1.0);
                Self::Bulk {
                    half_life,
                    catalysed,
                    onset: half_life * if catalysed { fall.log2() } else { fall - 1.0 },
                    mass_half_life: material.mass_half_life_d.unwrap_or(f64::INFINITY),
                }
            }
            Law::SurfaceErosion => Self::Front { rate: rate(material.rate_um_per_day), front },
            Law::Corrosion => Self::Front { rate: rate(material.rate_mm_per_year) * 1e3 / YEAR, front },
            Law::FirstOrder => Self::FirstOrder {
                half_life: life(material.half_life_d),
                stiffness: material.stiffness_half_life_d.map(|r| life(Some(r))),
            },
            Law::None => Self::Never,
        }
    }

    /// Pace of the front, in µm a day, where one moves.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        match self {
            Self::Front { rate, .. } => Some(*rate),
            Self::Measured { law: Some(law), .. } => law.rate(),
            _ => None,
        }
    }

    /// Share of the mass that is left after `t` days.
    #[must_use]
    pub fn mass(&self, t: f64) -> f64 {
        match self {
            Self::Bulk { onset, mass_half_life, .. } => {
                if t <= *onset {
                    1.0
                } else {
                    ((onset - t) / mass_half_life).exp2()
                }
            }
            Self::Front { rate, front } => front.left(rate * t),
            Self::FirstOrder { half_life, .. } => (-t / half_life).exp2(),
            Self::Measured { curve, law, onset } => match (&curve.mass, &curve.weight, law) {
                (Some(mass), ..) => between(&curve.days, mass, t),
                (None, Some(_), Some(law)) => match (onset, &**law) {
                    (Some(onset), Self::Bulk { mass_half_life, .. }) if t > *onset => {
                        ((onset - t) / mass_half_life).exp2()
                    }
                    _ => 1.0,
                },
                (None, None, Some(law)) => law.mass(t),
                (None, _, None) => 1.0,
            },
            Self::Never => 1.0,
        }
    }

    /// Share of the stiffness that is left after `t` days.
    #[must_use]
    pub fn stiffness(&self, t: f64) -> f64 {
        let mass = self.mass(t).powf(POWER);
        match self {
            Self::Front { rate, front } => front.stiffness(rate * t, POWER),
            Self::Bulk { half_life, catalysed: true, .. } => (-t / half_life).exp2() * mass,
            Self::Bulk { half_life, catalysed: false, .. } => mass / (1.0 + t / half_life),
            Self::FirstOrder { stiffness: Some(half_life), .. } => mass * (-t / half_life).exp2(),
            Self::Measured { curve: Measured { days, stiffness: Some(values), .. }, .. } => between(days, values, t),
            Self::Measured { curve: Measured { days, weight: Some(weight), .. }, .. } => {
                between(days, weight, t) * mass
            }
            _ => mass,
        }
    }
}

fn between(days: &[f64], values: &[f64], t: f64) -> f64 {
    let k = days.partition_point(|d| *d <= t);
    match (k.checked_sub(1), days.get(k)) {
        (None, _) => 1.0,
        (Some(j), None) => values[j],
        (Some(j), Some(next)) => values[j] + (t - days[j]) / (next - days[j]) * (values[k] - values[j]),
    }
}

/// The first day on which a function that never rises is below a share; `None` when it has not within a century.
#[must_use]
pub fn first_below(f: impl Fn(f64) -> f64, share: f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, 100.0 * YEAR);
    if f(high) >= share {
        return None;
    }
    while high - low > 1e-6 {
        let middle = f64::midpoint(low, high);
        if f(middle) < share { high = middle } else { low = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn struts_and_sheets_erode_as_on_paper() {
        let front = Front::strut(100.0);
        let course = Course::Front { rate: 1.0, front: &front };
        for t in [0.0, 10.0, 25.0, 49.0] {
            let truth: f64 = (1.0 - 2.0 * t / 100.0f64).powi(2);
            assert!((course.mass(t) - truth).abs() < 1e-4, "{t}");
        }
        // A strut is gone at its thickness over twice the rate.
        assert_eq!(course.mass(50.1), 0.0);
        assert!((first_below(|t| course.mass(t), 1e-9).unwrap() - 50.0).abs() < 0.1);
    }

    #[test]
    fn hydrolysis_keeps_its_mass_until_the_onset() {
        let bulk = Course::Bulk { half_life: 80.0, catalysed: true, onset: 160.0, mass_half_life: 10.0 };
        assert_eq!(bulk.mass(160.0), 1.0);
        assert!((bulk.mass(180.0) - 0.25).abs() < 1e-12 && (bulk.stiffness(80.0) - 0.5).abs() < 1e-12);
        let slow = Course::Bulk { half_life: 80.0, catalysed: false, onset: 240.0, mass_half_life: 10.0 };
        assert!((slow.stiffness(80.0) - 0.5).abs() < 1e-12 && (slow.stiffness(240.0) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn alginate_softens_before_it_goes() {
        let course = Course::FirstOrder { half_life: 90.0, stiffness: Some(14.0) };
        assert!(course.mass(14.0) > 0.89 && course.stiffness(14.0) < 0.5);
    }
}
