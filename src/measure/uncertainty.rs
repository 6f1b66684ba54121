//! Uncertainty: from figures at two resolutions, and from what the input itself allows.
//!
//! 1. *Resolution.* An error that falls in proportion to the voxel size h is, at the finer of two resolutions h and r·h,
//!    the difference of the figures over r − 1. This holds with room to spare for errors that fall faster. A figure that
//!    does not depend on the grid has none.
//! 2. *Floor.* Two figures may agree by chance, so every measure states a least error of its own: a small part of a voxel
//!    for sizes, rounding for exact figures.
//! 3. *Input.* A volume of two values says where the surface is to a voxel only: ± 1 voxel on sizes and throats. On grey
//!    levels the figures are also taken with the threshold moved up and down by what noise and overlap allow (at least
//!    5 % of the gap between the classes), and the greater change counts.
//!
//! The parts are added.

use std::collections::BTreeMap;

use super::figure::{Figure, Measurement};
use super::survey::Survey;
use super::zone::measure_of;
use crate::units::Unit;

/// A survey and the voxel size that it was made at.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Coarsest spacing, in µm.
    pub h: f64,
    /// What it gave.
    pub survey: Survey,
}

/// Measurements from a fine survey, a coarser one, and surveys with the threshold moved (at the coarser resolution).
/// `voxel` is the size in µm by which two-valued voxels leave sizes open, 0 for other inputs.
#[must_use]
pub fn combine(fine: &Level, coarse: Option<&Level>, moved: &[Survey], voxel: f64) -> BTreeMap<String, Measurement> {
    let mut all = BTreeMap::new();
    for (id, figure) in &fine.survey.figures.figures {
        let mut uncertainty = figure.floor;
        let at = |survey: &Survey| survey.figures.figures.get(id).map(|f| f.value);
        let reference = coarse.and_then(|c| at(&c.survey));
        if !figure.exact {
            match (coarse, reference) {
                (Some(coarse), Some(value)) => {
                    let ratio = (coarse.h / fine.h).max(1.25);
                    uncertainty += (value - figure.value).abs() / (ratio - 1.0);
                }
                // A figure that only the finer grid has is not settled.
                (Some(_), None) => uncertainty += figure.value.abs(),
                (None, _) => {}
            }
        }
        if voxel > 0.0 && figure.unit == Unit::Micrometre && !measure_of(id).ends_with(".sd") {
            uncertainty += voxel;
        }
        let changes = moved.iter().filter_map(at).map(|v| (v - reference.unwrap_or(figure.value)).abs());
        uncertainty += changes.fold(0.0, f64::max);
        let at_um = fine.survey.figures.places.get(id).copied();
        let sampling = coarse.map_or(figure.sampling, |coarse| {
            let there = coarse.survey.figures.figures.get(id).map_or(0.0, |f| f.sampling);
            lasting(figure.sampling, there, (coarse.h / fine.h).max(1.25))
        });
        all.insert(id.clone(), Measurement { sampling, ..measurement(figure, uncertainty, at_um) });
    }
    all
}

/// What is left on the finest of grids of what the parts of a sample differ by: a part of that may be the grid's, which falls
/// with the voxels.
fn lasting(fine: f64, coarse: f64, ratio: f64) -> f64 {
    ((ratio * fine - coarse) / (ratio - 1.0)).clamp(0.0, fine)
}

fn measurement(figure: &Figure, uncertainty: f64, at_um: Option<[f64; 3]>) -> Measurement {
    Measurement {
        value: figure.value,
        unit: figure.unit,
        uncertainty,
        sampling: figure.sampling,
        exact: figure.exact,
        method: figure.method.clone(),
        alternatives: figure.alternatives.clone(),
        at_um,
        range: None,
        ends: None,
        library: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Figures;

    fn level(h: f64, value: f64, exact: bool) -> Level {
        let mut figures = Figures::default();
        let figure = Figure::new(value, Unit::Micrometre, "test").floor(0.01);
        figures.add("size", if exact { Figure { exact: true, ..figure } } else { figure });
        Level { h, survey: Survey { figures, size: [1; 3], spacing: [h; 3] } }
    }

    #[test]
    fn the_difference_of_two_resolutions_bounds_a_first_order_error() {
        // Truth 10, error 0.3 h: at h = 1 it is 0.3, and so is the stated one.
        for ratio in [1.5, 2.0, 4.0] {
            let m = combine(&level(1.0, 10.3, false), Some(&level(ratio, 10.0 + 0.3 * ratio, false)), &[], 0.0);
            let m = &m["size"];
            assert!((m.value - 10.0).abs() <= m.uncertainty && m.uncertainty < 0.32, "{m:?}");
        }
    }

    #[test]
    fn of_what_parts_of_a_sample_differ_by_only_that_lasts_which_does_not_fall_with_the_grid() {
        let with = |h: f64, sampling: f64| {
            let mut level = level(h, 10.0, false);
            level.survey.figures.figures.get_mut("size").unwrap().sampling = sampling;
            level
        };
        for (coarse, fine, left) in
            [(0.8, 0.8, 0.8), (0.8, 0.4, 0.0), (0.6, 0.4, 0.2), (0.4, 0.6, 0.6), (9.0, 0.4, 0.0)]
        {
            let m = &combine(&with(1.0, fine), Some(&with(2.0, coarse)), &[], 0.0)["size"];
            assert!((m.sampling - left).abs() < 1e-12, "{coarse} {fine}: {}", m.sampling);
        }
        assert_eq!(combine(&with(1.0, 0.4), None, &[], 0.0)["size"].sampling, 0.4, "nothing to compare with");
    }

    #[test]
    fn exact_figures_have_their_floor_and_two_values_a_voxel() {
        let m = combine(&level(1.0, 10.0, true), Some(&level(2.0, 14.0, true)), &[], 0.0);
        assert_eq!(m["size"].uncertainty, 0.01);
        let m = combine(&level(1.0, 10.0, true), None, &[], 1.0);
        assert_eq!(m["size"].uncertainty, 1.01);
    }
}
