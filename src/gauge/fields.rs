//! Figures of solved fields, at their own resolution and at twice as coarse a one, and what follows from them.

use std::collections::BTreeMap;

use super::run::Run;
use crate::design::{Binarised, Design, Finding, Resolution, Solid, Study, StudyError};
use crate::fate::Material;
use crate::measure::{Failure, FieldNeeds, Figures, Level, Measurement, Survey, Tensor, coarser, combine, fields};
use crate::parallel::Exec;
use crate::units::{Length, Unit};

/// Voxels of a field when nothing else is said: 128³.
const VOXELS: f64 = (1 << 21) as f64;

/// What the fields gave.
#[derive(Clone, Debug, Default)]
pub(super) struct Solved {
    /// Figures with their uncertainty.
    pub measurements: BTreeMap<String, Measurement>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Tensors of the fields.
    pub tensors: BTreeMap<String, Tensor>,
}

/// What findings say why a figure is missing, and of which families of measures.
const UNRESOLVED: [(&str, &[&str]); 3] = [
    ("stiffness.unresolved", &["stiffness", "strength"]),
    ("permeability.unresolved", &["permeability", "wall_shear"]),
    ("fields.envelope", &["diffusivity", "tortuosity", "permeability", "wall_shear", "stiffness", "strength"]),
];

impl Solved {
    /// Families of measures whose missing figures say nothing of the design, with the reason.
    pub fn unresolved(&self) -> Vec<(&'static str, String)> {
        let why = |kind: &str| self.findings.iter().find(|f| f.kind == kind).map(|f| f.message.clone());
        let of = |(kind, families): (&str, &'static [&str])| {
            let reason = why(kind);
            families.iter().filter_map(move |family| Some((*family, reason.clone()?)))
        };
        UNRESOLVED.into_iter().flat_map(of).collect()
    }

    /// Adds what was found and the tensors to what the measures gave.
    pub fn join(self, figures: &mut Figures) {
        figures.findings.extend(self.findings);
        figures.details.tensors.extend(self.tensors);
    }
}

/// Solves for the fields that are wanted.
pub(super) fn solve(design: &Design, needs: &FieldNeeds, run: &Run, exec: &Exec) -> Result<Solved, StudyError> {
    if !needs.any() {
        return Ok(Solved::default());
    }
    let brittle = run.material.as_ref().is_some_and(Material::brittle);
    let needs = FieldNeeds {
        failure: if brittle { Failure::Cracks } else { Failure::Yields },
        perfusion: run.perfusion,
        culture: run.culture,
        ..needs.clone()
    };
    let resolution = resolution(design, run.flow_resolution)?;
    let level = |resolution, told: bool| -> Result<Level, StudyError> {
        let needs = FieldNeeds { told, ..needs.clone() };
        let study = Study::new(design, &design.envelope, resolution, run.cut, &run.limits, exec)?;
        let figures = fields(&study, &needs, &run.limits, exec)?;
        let (size, spacing) = (study.frame().size, study.frame().spacing);
        Ok(Level { h: spacing.iter().copied().fold(0.0, f64::max), survey: Survey { figures, size, spacing } })
    };
    // The coarse one first: what does not fit or converge shows soon.
    let coarse = match level(coarser(resolution), false) {
        Err(StudyError::OnePhase(_)) => None,
        other => Some(other?),
    };
    let fine = level(resolution, true)?;
    let mut measurements = combine(&fine, coarse.as_ref(), &[], 0.0);
    if coarse.is_none() {
        measurements.values_mut().for_each(|m| m.uncertainty += m.value.abs());
    }
    if let Some(material) = &run.material {
        let of = |family: &str, range: crate::fate::Range, what: &str, scale: f64| -> Vec<(String, Measurement)> {
            let along = ["x", "y", "z", "shear_yz", "shear_xz", "shear_xy", "stiffest", "softest"];
            along
                .iter()
                .filter_map(|axis| {
                    let m = measurements.get(&format!("{family}.relative.{axis}"))?;
                    let [low, typical, high] = [range.low, range.typical, range.high].map(|v| v * scale);
                    let bounds = ((m.value - m.uncertainty).max(0.0) * low, (m.value + m.uncertainty) * high);
                    let absolute = Measurement {
                        value: m.value * typical,
                        unit: Unit::Megapascal,
                        uncertainty: (bounds.1 - m.value * typical).max(m.value * typical - bounds.0),
                        sampling: 0.0,
                        method: format!("{}, times the {what} of {}", m.method, material.id),
                        range: Some(bounds),
                        library: !material.own,
                        ..m.clone()
                    };
                    Some((format!("{family}.{axis}"), absolute))
                })
                .collect()
        };
        let mut more = of("stiffness", material.modulus_gpa, "modulus", 1e3);
        more.extend(of("strength", material.strength_mpa, "strength", 1.0));
        // The weakest of three directions, where all three are known: a load may come from any side.
        let strengths: Vec<&Measurement> =
            more.iter().filter(|(id, _)| id.starts_with("strength.")).map(|(_, m)| m).collect();
        let weakest = (strengths.len() == 3)
            .then(|| strengths.iter().min_by(|a, b| a.value.total_cmp(&b.value)))
            .flatten()
            .map(|m| Measurement { method: format!("the least of x, y and z: {}", m.method), ..(*m).clone() });
        more.extend(weakest.map(|m| ("strength.weakest".to_owned(), m)));
        measurements.extend(more);
    }
    let Figures { findings, details, .. } = fine.survey.figures;
    Ok(Solved { measurements, findings, tensors: details.tensors })
}

/// Adds the estimate of permeability that is no solution of anything: k = ε³ / (5 (BS/TV)²), Kozeny and Carman.
pub(super) fn estimate(needs: &FieldNeeds, measurements: &mut BTreeMap<String, Measurement>) {
    let (Some(open), Some(area)) = (measurements.get("porosity.open"), measurements.get("surface.per_total_volume"))
    else {
        return;
    };
    if !needs.permeability.contains(&true) || area.value <= 0.0 {
        return;
    }
    let value = open.value.powi(3) / (5.0 * (area.value * 1e3).powi(2));
    let relative = 3.0 * open.uncertainty / open.value.max(1e-9) + 2.0 * area.uncertainty / area.value;
    let estimate = Measurement {
        value,
        unit: Unit::SquareMetre,
        uncertainty: value * relative,
        sampling: 0.0,
        exact: true,
        method: "estimate: open porosity³ / (5 (BS/TV)²), Kozeny & Carman; not computed from the flow".to_owned(),
        alternatives: Vec::new(),
        at_um: None,
        range: None,
        ends: None,
        library: false,
    };
    measurements.insert("permeability.estimated".to_owned(), estimate);
}

/// The voxel size for fields: as asked, else so that the body has about [`VOXELS`].
pub(super) fn resolution(design: &Design, asked: Option<Length>) -> Result<Resolution, StudyError> {
    match &design.solid {
        Solid::Mesh(_) => {
            let extent = design.envelope.body.high - design.envelope.body.low;
            let h = asked.map_or((extent.product() / VOXELS).cbrt(), Length::um);
            if h > extent.min() / 8.0 {
                let message = format!(
                    "--flow-resolution {} is coarser than an eighth of the smallest side: choose a finer one",
                    Length::from_um(h)
                );
                return Err(StudyError::Resolution(message));
            }
            Ok(Resolution::Halvable(h))
        }
        Solid::Volume { frame, phases, .. } => {
            let block = match asked {
                Some(h) => (h.um() / frame.coarsest()).round().max(1.0) as usize,
                None => (frame.len() as f64 / VOXELS / 1.25).cbrt().ceil().max(1.0) as usize,
            };
            let two = matches!(phases, Binarised::Two(..));
            if block == 1 || two || frame.size.iter().all(|n| n / block >= 8) {
                Ok(Resolution::Native { block, shift: 0.0 })
            } else {
                Err(StudyError::Resolution(format!(
                    "--flow-resolution joins {block} voxels, which leaves fewer than 8 along a side: choose a finer one"
                )))
            }
        }
    }
}
