//! Stress shielding: whether a scaffold is stiffer than the tissue that it stands in.
//!
//! A stiff implant takes the load off the tissue round it, which is then resorbed (Huiskes et al. 1992,
//! doi:10.1097/00003086-199201000-00014). The figure is the apparent modulus along the stiffest axis over the upper end of
//! the modulus of the tissue, the modulus being computed where something asked for it, else estimated from the porosity as
//! for matching. The tissue's end is one number, so the range is that of the modulus. In bone, constructs of an apparent
//! modulus above about 2 GPa were seen to regenerate less of it (Perier-Metz et al. 2021, who cite Pobloth et al. 2018,
//! doi:10.1126/scitranslmed.aam8828, and Reznikov et al. 2019).

use super::assess::{measurement, modulus};
use super::library::{Material, Range, Support, Tissue};
use crate::design::{Finding, Severity};
use crate::measure::Measurement;
use crate::units::{Unit, significant};

/// Apparent modulus in MPa from which on constructs regenerated less bone.
const LESS_BONE: f64 = 2000.0;

/// Modulus in MPa from which on a tissue is one of bone: the next softer ones have a hundredth of it.
const BONE: f64 = 100.0;

/// The figure of a scaffold of this share of solid, where the tissue carries load; `computed` is its modulus in MPa along
/// the stiffest axis that was solved for.
#[must_use]
pub fn shielding(
    material: &Material,
    tissue: &Tissue,
    density: f64,
    computed: Option<Range>,
) -> (Option<Measurement>, Option<Finding>) {
    if tissue.class == Support::NonStructural {
        return (None, None);
    }
    let stiff = computed.unwrap_or_else(|| modulus(material, density));
    let how = if computed.is_some() {
        "along the stiffest axis that was computed"
    } else {
        "estimated from the porosity (E·ρ² of bending lattices, at most Hashin–Shtrikman)"
    };
    let method = format!(
        "apparent modulus {how} over the upper end of that of the tissue, {} MPa; {} in {}",
        significant(tissue.modulus_mpa.high, 4),
        material.id,
        tissue.id
    );
    let library = !material.own || !tissue.own;
    let figure = measurement(stiff.map(|e| e / tissue.modulus_mpa.high), Unit::One, &method, library);
    let finding = (tissue.modulus_mpa.typical >= BONE && stiff.typical > LESS_BONE).then(|| {
        let message = format!(
            "the apparent modulus is about {} GPa: constructs above about 2 GPa regenerated less bone (Perier-Metz et al. \
             2021, after Pobloth et al. 2018)",
            significant(stiff.typical / 1e3, 2)
        );
        Finding::new("matching.stiff", Severity::Info, message)
    });
    (Some(figure), finding)
}

#[cfg(test)]
mod tests {
    use super::super::library::Library;
    use super::*;

    fn of(
        material: &str,
        tissue: &str,
        density: f64,
        computed: Option<Range>,
    ) -> (Option<Measurement>, Option<Finding>) {
        let library = Library::built_in().unwrap();
        shielding(&library.material(material).unwrap(), &library.tissue(tissue).unwrap(), density, computed)
    }

    #[test]
    fn the_estimate_is_that_of_the_porosity() {
        let library = Library::built_in().unwrap();
        let (m, t) = (library.material("Ti6Al4V").unwrap(), library.tissue("trabecular_contained").unwrap());
        for density in [0.1f64, 0.3, 0.6] {
            let (figure, finding) = of("Ti6Al4V", "trabecular_contained", density, None);
            let figure = figure.unwrap();
            let truth = m.modulus_gpa.typical * 1e3 * density.powi(2) / t.modulus_mpa.high;
            assert!((figure.value - truth).abs() < 1e-12 * truth, "{} {truth}", figure.value);
            // Hashin–Shtrikman above, bending below.
            let (low, high) = figure.range.unwrap();
            let bound = m.modulus_gpa.high * 1e3 * density / (2.0 - density) / t.modulus_mpa.high;
            assert!((high - bound).abs() < 1e-12 * bound && low <= figure.value && figure.value <= high);
            assert_eq!(finding.is_some(), m.modulus_gpa.typical * density.powi(2) > 2.0, "{density}");
            assert!(figure.method.contains("estimated") && figure.library);
        }
    }

    #[test]
    fn a_computed_modulus_takes_its_place() {
        let computed = Range { low: 1500.0, typical: 2400.0, high: 3300.0 };
        let (figure, finding) = of("Ti6Al4V", "trabecular_contained", 0.3, Some(computed));
        let figure = figure.unwrap();
        assert_eq!((figure.value, figure.range), (0.8, Some((0.5, 1.1))));
        assert!(finding.unwrap().message.contains("2.4 GPa"));
        assert!(figure.method.contains("computed"));
    }

    #[test]
    fn what_carries_nothing_is_shielded_from_nothing_and_only_bone_from_less_bone() {
        assert_eq!(of("PCL", "dermis", 0.1, None), (None, None));
        let (figure, finding) = of("Ti6Al4V", "cartilage", 0.5, None);
        assert!(figure.unwrap().value > 1000.0 && finding.is_none());
    }
}
