//! The measures that checks and the command line may name, with their units.

use crate::text::nearest;
use crate::units::{Length, Unit};

/// The measures that a check may name, with their units; a trailing `_` takes lengths such as `100um`.
const MEASURES: &[(&str, Unit)] = &[
    ("volume.total", Unit::CubicMillimetre),
    ("volume.solid", Unit::CubicMillimetre),
    ("porosity.total", Unit::One),
    ("porosity.open", Unit::One),
    ("porosity.closed", Unit::One),
    ("pore_size.mean", Unit::Micrometre),
    ("pore_size.sd", Unit::Micrometre),
    ("pore_size.d10", Unit::Micrometre),
    ("pore_size.d50", Unit::Micrometre),
    ("pore_size.d90", Unit::Micrometre),
    ("pore_size.max", Unit::Micrometre),
    ("pore_size.ridge_d01", Unit::Micrometre),
    ("pore_size.cut_fraction", Unit::One),
    ("pore_size.share_", Unit::One),
    ("pore_size.raw_share_", Unit::One),
    ("strut.mean", Unit::Micrometre),
    ("strut.sd", Unit::Micrometre),
    ("strut.d01", Unit::Micrometre),
    ("strut.d10", Unit::Micrometre),
    ("strut.d50", Unit::Micrometre),
    ("strut.max", Unit::Micrometre),
    ("strut.ridge_d01", Unit::Micrometre),
    ("surface.area", Unit::SquareMillimetre),
    ("surface.area_crofton", Unit::SquareMillimetre),
    ("surface.closed_area", Unit::SquareMillimetre),
    ("surface.cap_area", Unit::SquareMillimetre),
    ("surface.per_total_volume", Unit::PerMillimetre),
    ("surface.per_solid_volume", Unit::PerMillimetre),
    ("curvature.hollow_fraction", Unit::One),
    ("curvature.mean", Unit::PerMillimetre),
    ("curvature.gaussian", Unit::PerSquareMillimetre),
    ("interconnectivity.open_fraction", Unit::One),
    ("interconnectivity.through_fraction", Unit::One),
    ("interconnectivity.accessible_", Unit::One),
    ("interconnectivity.trapped_", Unit::One),
    ("interconnectivity.percolation_diameter.x", Unit::Micrometre),
    ("interconnectivity.percolation_diameter.y", Unit::Micrometre),
    ("interconnectivity.percolation_diameter.z", Unit::Micrometre),
    ("interconnectivity.d90", Unit::Micrometre),
    ("topology.euler", Unit::One),
    ("topology.connectivity_density", Unit::PerCubicMillimetre),
    ("anisotropy.degree", Unit::One),
    ("anisotropy.ratio", Unit::One),
    ("anisotropy.to_stiffness", Unit::Degree),
    ("solid.components", Unit::One),
    ("solid.loose_fraction", Unit::One),
    ("overhang.x", Unit::One),
    ("overhang.y", Unit::One),
    ("overhang.z", Unit::One),
    ("overhang.bridged.x", Unit::One),
    ("overhang.bridged.y", Unit::One),
    ("overhang.bridged.z", Unit::One),
    ("fit.x", Unit::Micrometre),
    ("fit.y", Unit::Micrometre),
    ("fit.z", Unit::Micrometre),
    ("fit.least", Unit::Micrometre),
    ("fit.cavity", Unit::Micrometre),
    ("fit.outside", Unit::One),
    ("degradation.mass_after_10y", Unit::One),
    ("degradation.gone_day", Unit::Day),
    ("degradation.half_stiffness_day", Unit::Day),
    ("degradation.falls_apart_day", Unit::Day),
    ("degradation.erosion_number", Unit::One),
    ("tissue.t50_day", Unit::Day),
    ("tissue.t90_day", Unit::Day),
    ("tissue.reached", Unit::One),
    ("matching.support_dip", Unit::One),
    ("matching.gap", Unit::One),
    ("matching.linger", Unit::One),
    ("matching.gone_ratio", Unit::One),
    ("matching.functional_ratio", Unit::One),
    ("matching.gone_before_tissue", Unit::One),
    ("matching.shielding", Unit::One),
    ("matching.adequacy", Unit::One),
    ("stiffness.estimated", Unit::Megapascal),
    ("strength.estimated", Unit::Megapascal),
    ("tortuosity.x", Unit::One),
    ("tortuosity.y", Unit::One),
    ("tortuosity.z", Unit::One),
    ("diffusivity.x", Unit::One),
    ("diffusivity.y", Unit::One),
    ("diffusivity.z", Unit::One),
    ("diffusivity.dead_end_fraction.x", Unit::One),
    ("diffusivity.dead_end_fraction.y", Unit::One),
    ("diffusivity.dead_end_fraction.z", Unit::One),
    ("permeability.x", Unit::SquareMetre),
    ("permeability.y", Unit::SquareMetre),
    ("permeability.z", Unit::SquareMetre),
    ("permeability.estimated", Unit::SquareMetre),
    ("wall_shear.mean.x", Unit::Millipascal),
    ("wall_shear.mean.y", Unit::Millipascal),
    ("wall_shear.mean.z", Unit::Millipascal),
    ("wall_shear.d50.x", Unit::Millipascal),
    ("wall_shear.d50.y", Unit::Millipascal),
    ("wall_shear.d50.z", Unit::Millipascal),
    ("wall_shear.d95.x", Unit::Millipascal),
    ("wall_shear.d95.y", Unit::Millipascal),
    ("wall_shear.d95.z", Unit::Millipascal),
    ("oxygen.distance", Unit::Micrometre),
    ("oxygen.depth", Unit::Micrometre),
    ("oxygen.lowest", Unit::One),
    ("oxygen.starved_fraction", Unit::One),
    ("stiffness.relative.x", Unit::One),
    ("stiffness.relative.y", Unit::One),
    ("stiffness.relative.z", Unit::One),
    ("stiffness.relative.shear_yz", Unit::One),
    ("stiffness.relative.shear_xz", Unit::One),
    ("stiffness.relative.shear_xy", Unit::One),
    ("stiffness.relative.stiffest", Unit::One),
    ("stiffness.relative.softest", Unit::One),
    ("stiffness.poisson.yz", Unit::One),
    ("stiffness.poisson.zy", Unit::One),
    ("stiffness.poisson.xz", Unit::One),
    ("stiffness.poisson.zx", Unit::One),
    ("stiffness.poisson.xy", Unit::One),
    ("stiffness.poisson.yx", Unit::One),
    ("stiffness.zener", Unit::One),
    ("stiffness.bound.x", Unit::One),
    ("stiffness.bound.y", Unit::One),
    ("stiffness.bound.z", Unit::One),
    ("stiffness.bound.lower.x", Unit::One),
    ("stiffness.bound.lower.y", Unit::One),
    ("stiffness.bound.lower.z", Unit::One),
    ("stiffness.x", Unit::Megapascal),
    ("stiffness.y", Unit::Megapascal),
    ("stiffness.z", Unit::Megapascal),
    ("stiffness.shear_yz", Unit::Megapascal),
    ("stiffness.shear_xz", Unit::Megapascal),
    ("stiffness.shear_xy", Unit::Megapascal),
    ("stiffness.stiffest", Unit::Megapascal),
    ("stiffness.softest", Unit::Megapascal),
    ("strength.relative.x", Unit::One),
    ("strength.relative.y", Unit::One),
    ("strength.relative.z", Unit::One),
    ("strength.weakest", Unit::Megapascal),
    ("strength.x", Unit::Megapascal),
    ("strength.y", Unit::Megapascal),
    ("strength.z", Unit::Megapascal),
];

/// Unit of a measure, when there is such a measure.
#[must_use]
pub fn unit_of(measure: &str) -> Option<Unit> {
    MEASURES.iter().find_map(|&(id, unit)| {
        let fits = match (id.strip_suffix('_'), lengths_in(measure)) {
            (Some(_), lengths) => {
                measure.starts_with(id) && lengths.len() == if id.ends_with("share_") { 2 } else { 1 }
            }
            (None, _) => id == measure,
        };
        fits.then_some(unit)
    })
}

/// The lengths in µm in the last part of a measure's id: 300 and 1200 of `pore_size.share_300um_1200um`.
#[must_use]
pub fn lengths_in(measure: &str) -> Vec<f64> {
    let parts: Vec<&str> = measure.split('_').collect();
    let mut lengths = Vec::new();
    for part in parts.iter().rev() {
        match part.parse::<Length>() {
            Ok(length) if length.um() > 0.0 => lengths.insert(0, length.um()),
            _ => break,
        }
    }
    lengths
}

/// The ids of all measures.
#[must_use]
pub fn measure_ids() -> Vec<&'static str> {
    MEASURES.iter().map(|m| m.0).collect()
}

/// A message for a measure that does not exist, with the nearest that does.
#[must_use]
pub fn unknown_measure(measure: &str) -> String {
    let alike = |id: &&str| id.chars().zip(measure.chars()).take_while(|(a, b)| a == b).count();
    let nearest = nearest(measure, measure_ids()).or_else(|| measure_ids().into_iter().max_by_key(alike));
    let nearest = nearest.unwrap_or_default();
    let example = match nearest.strip_suffix('_') {
        Some(family) if family.ends_with("share") => format!("{family}_300um_1200um"),
        Some(family) => format!("{family}_100um"),
        None => nearest.to_owned(),
    };
    format!("there is no measure `{measure}`: did you mean `{example}`?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_ids_are_read() {
        assert_eq!(lengths_in("pore_size.share_300um_1200um"), [300.0, 1200.0]);
        assert_eq!(lengths_in("interconnectivity.accessible_0.1mm"), [100.0]);
        assert_eq!(unit_of("interconnectivity.accessible_100"), None);
        assert_eq!(unit_of("pore_size.share_300um_1200um"), Some(Unit::One));
    }
}
