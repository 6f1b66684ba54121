//! Whether a scaffold is as stiff and as strong at first as the weakest of the tissue that it stands in for.
//!
//! The figure is the lesser of two shares: the apparent modulus along the weakest axis over the lower end of the modulus of
//! the tissue, and the apparent strength over the lower end of its strength, each computed where something asked for it, else
//! estimated from the porosity. The tissue's ends are one number each, so the range is that of modulus and strength, and the
//! library's where the material is. At 90 %
//! of porosity a bending lattice keeps 1 % of the modulus of its material: few polymers reach cancellous bone, and a service
//! load that is declared says more.

use super::assess::{measurement, modulus, strength};
use super::library::{Material, Range, Support, Tissue};
use crate::measure::Measurement;
use crate::units::{Unit, significant};

/// The figure of a scaffold of this share of solid, where the tissue carries load; `computed` are its modulus and its
/// strength in MPa along the weakest axis, where they were solved for.
#[must_use]
pub fn adequacy(
    material: &Material,
    tissue: &Tissue,
    density: f64,
    [stiff, strong]: [Option<Range>; 2],
) -> Option<Measurement> {
    if tissue.class == Support::NonStructural {
        return None;
    }
    let how = |computed: Option<Range>| if computed.is_some() { "computed" } else { "estimated" };
    let share = |figure: Range, of: f64| figure.map(|v| v / of);
    let modulus = share(stiff.unwrap_or_else(|| modulus(material, density)), tissue.modulus_mpa.low);
    let mut method = format!(
        "{} modulus over the lower end of that of the tissue, {} MPa",
        how(stiff),
        significant(tissue.modulus_mpa.low, 4)
    );
    let mpa = |name: &str, share: f64, of: f64| format!("its {name} is {} MPa", significant(share * of, 2));
    let mut ends = [modulus.low, modulus.high].map(|share| mpa("modulus", share, tissue.modulus_mpa.low));
    let mut least = modulus;
    if let Some(of) = tissue.strength_mpa.map(|s| s.low).filter(|low| *low > 0.0) {
        let strength = share(strong.unwrap_or_else(|| strength(material, density)), of);
        method = format!(
            "the lesser of {method}, and {} strength over that of its strength, {} MPa",
            how(strong),
            significant(of, 4)
        );
        for (end, [m, s]) in ends.iter_mut().zip([[modulus.low, strength.low], [modulus.high, strength.high]]) {
            if s < m {
                *end = mpa("strength", s, of);
            }
        }
        least = Range {
            low: modulus.low.min(strength.low),
            typical: modulus.typical.min(strength.typical),
            high: modulus.high.min(strength.high),
        };
    }
    let method = format!("{method}; {} in {}", material.id, tissue.id);
    let figure = measurement(least, Unit::One, &method, !material.own);
    Some(Measurement { ends: Some(ends), ..figure })
}

#[cfg(test)]
mod tests {
    use super::super::library::Library;
    use super::*;

    fn of(material: &str, tissue: &str, density: f64, computed: [Option<Range>; 2]) -> Option<Measurement> {
        let library = Library::built_in().unwrap();
        adequacy(&library.material(material).unwrap(), &library.tissue(tissue).unwrap(), density, computed)
    }

    #[test]
    fn the_lesser_of_stiffness_and_strength_counts() {
        // At 90 % of porosity PCL has 4 MPa for the 10 of soft cancellous bone, and 0.15 MPa for its strength of 0.1.
        let pcl = of("PCL", "trabecular_contained", 0.1, [None; 2]).unwrap();
        assert!((pcl.value - 0.4).abs() < 1e-9, "{}", pcl.value);
        let (low, high) = pcl.range.unwrap();
        assert!((low - 0.21).abs() < 1e-9 && high > pcl.value && pcl.library, "{low} {high}");
        // At both ends the modulus decides, 2.1 MPa for the 10.
        let [least, greatest] = pcl.ends.unwrap();
        assert_eq!(least, "its modulus is 2.1 MPa");
        assert!(greatest.starts_with("its modulus"), "{greatest}");
        // Zinc is stiff enough by far: 0.3 · 50 MPa · 0.1^1.5 for 0.1.
        let zinc = of("Zn", "trabecular_contained", 0.1, [None; 2]).unwrap();
        assert!((zinc.value - 0.3 * 50.0 * 0.1f64.powf(1.5) / 0.1).abs() < 1e-9, "{}", zinc.value);
        assert_eq!(of("PCL", "dermis", 0.1, [None; 2]), None);
    }

    #[test]
    fn what_was_computed_takes_the_place_of_the_estimate() {
        let figure =
            of("PCL", "trabecular_contained", 0.1, [Some(Range::exactly(30.0)), Some(Range::exactly(0.2))]).unwrap();
        assert!((figure.value - 2.0).abs() < 1e-12 && figure.method.contains("computed strength"), "{}", figure.method);
        let figure = of("PCL", "trabecular_contained", 0.1, [Some(Range::exactly(5.0)), None]).unwrap();
        assert!(
            (figure.value - 0.5).abs() < 1e-12 && figure.method.contains("estimated strength"),
            "{}",
            figure.method
        );
    }
}
