//! Zones: the regions of a design that checks may name, for scaffolds that are graded on purpose.
//!
//! A zone is a slab across an axis, a shell round an axis, or what a mask from a file covers. Ends are parts of the
//! envelope's extent or lengths from its lower end; of a shell, parts of the envelope's radius or lengths from the axis.
//! They are laid on the design's own envelope, so that a zone stays where it is whatever other body a figure is also taken
//! in. (`design::Region` is something else: a body from a file.)

use std::sync::Arc;

use super::stencil::Stencil;
use crate::design::{Body, Design, EnvelopeKind};
use crate::grid::Lie;
use crate::mesh::V3;
use crate::units::{Length, significant};

/// Names of the axes.
const AXES: [&str; 3] = ["x", "y", "z"];

/// An end of a zone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mark {
    /// A part of the envelope's extent or radius, from 0 to 1.
    Part(f64),
    /// A length from the lower end of the envelope, or from the axis.
    At(Length),
}

impl Mark {
    /// Where it lies on a line of this length in µm.
    fn on(self, extent: f64) -> f64 {
        match self {
            Self::Part(part) => part * extent,
            Self::At(length) => length.um(),
        }
    }

    /// In the id of a zone: a number is a part.
    fn id(self) -> String {
        match self {
            Self::Part(part) => part.to_string(),
            Self::At(length) => format!("{}um", length.um()),
        }
    }
}

/// Both ends for people: `0–33 %`, `0–1500 µm`.
fn words(from: Mark, to: Mark) -> String {
    let percent = |part: f64| significant(100.0 * part, 4);
    let um = |length: Length| significant(length.um(), 4);
    match (from, to) {
        (Mark::Part(a), Mark::Part(b)) => format!("{}–{} %", percent(a), percent(b)),
        (Mark::At(a), Mark::At(b)) => format!("{}–{} µm", um(a), um(b)),
        (Mark::Part(a), Mark::At(b)) => format!("{} % – {} µm", percent(a), um(b)),
        (Mark::At(a), Mark::Part(b)) => format!("{} µm – {} %", um(a), percent(b)),
    }
}

/// A region of a design.
#[derive(Clone, Debug, PartialEq)]
pub enum Zone {
    /// A slab across an axis: 0 for x.
    Axial {
        /// The axis.
        axis: usize,
        /// Its lower end.
        from: Mark,
        /// Its upper end.
        to: Mark,
    },
    /// A shell round the middle line of the envelope along an axis.
    Radial {
        /// The axis; `None` for that of a cylinder, z of any other body.
        axis: Option<usize>,
        /// Its inner radius.
        from: Mark,
        /// Its outer radius.
        to: Mark,
    },
    /// What a mask covers.
    Mask {
        /// The file, as it was named.
        file: String,
        /// What was read from it; `None` until then.
        stencil: Option<Arc<Stencil>>,
    },
}

/// Why a zone has no place in a design.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("region {zone}: {what}")]
pub struct ZoneError {
    /// The zone, in words.
    pub zone: String,
    /// What is wrong, and what to do.
    pub what: String,
}

/// A zone where it lies, in µm of the input's frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Between two planes across an axis.
    Slab { axis: usize, low: f64, high: f64 },
    /// Between two cylinders round a line along an axis.
    Shell { axis: usize, middle: V3, inner: f64, outer: f64 },
    /// What a mask covers.
    Stencil(Arc<Stencil>),
}

impl Zone {
    /// Its id behind the `@` of a measure's: `z:0-0.33`, `r:0.5-1`, `mask:core.nrrd`.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Axial { axis, from, to } => format!("{}:{}-{}", AXES[*axis], from.id(), to.id()),
            Self::Radial { axis: None, from, to } => format!("r:{}-{}", from.id(), to.id()),
            Self::Radial { axis: Some(axis), from, to } => format!("r{}:{}-{}", AXES[*axis], from.id(), to.id()),
            Self::Mask { file, .. } => format!("mask:{file}"),
        }
    }

    /// The id of a measure in it.
    #[must_use]
    pub fn figure(&self, measure: &str) -> String {
        format!("{measure}@{}", self.id())
    }

    /// In a few words, for reports: `z 0–33 %`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Axial { axis, from, to } => format!("{} {}", AXES[*axis], words(*from, *to)),
            Self::Radial { axis: None, from, to } => format!("radius {}", words(*from, *to)),
            Self::Radial { axis: Some(axis), from, to } => {
                format!("radius {} round {}", words(*from, *to), AXES[*axis])
            }
            Self::Mask { file, .. } => format!("mask {file}"),
        }
    }

    /// Whether it has a place in the body of a design.
    ///
    /// # Errors
    /// When it reaches beyond the body, holds nothing, or its mask was not read.
    pub fn within(&self, design: &Design) -> Result<(), ZoneError> {
        self.shape(&design.envelope.body, design.source.lie).map(|_| ())
    }

    /// Where it lies in a body, along axes that lie so in the coordinates of the file.
    pub(super) fn shape(&self, body: &Body, lie: Option<Lie>) -> Result<Shape, ZoneError> {
        let wrong = |what: String| ZoneError { zone: self.name(), what };
        let extent = body.high - body.low;
        let ends = |from: Mark, to: Mark, room: f64, what: &str| {
            let (from, to) = (from.on(room), to.on(room));
            if to > room * (1.0 + 1e-6) {
                return Err(wrong(format!("it reaches beyond the envelope, {what} is {}", Length::from_um(room))));
            }
            if from >= to {
                return Err(wrong("it ends before it begins: exchange or move its ends".to_owned()));
            }
            Ok((from, to))
        };
        match self {
            Self::Axial { axis, from, to } => {
                let what = format!("whose extent along {}", AXES[*axis]);
                let (from, to) = ends(*from, *to, extent[*axis], &what)?;
                Ok(Shape::Slab { axis: *axis, low: body.low[*axis] + from, high: body.low[*axis] + to })
            }
            Self::Radial { axis, from, to } => {
                let (own, radius) = round(body, *axis);
                let (inner, outer) = ends(*from, *to, radius, "whose radius")?;
                Ok(Shape::Shell { axis: own, middle: (body.low + body.high) / 2.0, inner, outer })
            }
            Self::Mask { stencil: None, .. } => Err(wrong("its file was not read".to_owned())),
            Self::Mask { stencil: Some(stencil), .. } => {
                let (low, high) = stencil.bounds(lie);
                if (0..3).any(|a| high[a] <= body.low[a] || low[a] >= body.high[a]) {
                    return Err(wrong(
                        "the mask lies beside the design: it has to be in the same frame, with the same unit"
                            .to_owned(),
                    ));
                }
                Ok(Shape::Stencil(Arc::clone(stencil)))
            }
        }
    }
}

/// The axis that shells of a body lie round, and the radius that is the whole: of a cylinder round its own axis its
/// radius, else half the diagonal of its box across the axis, so that nothing of it lies further out.
fn round(body: &Body, asked: Option<usize>) -> (usize, f64) {
    let own = match body.kind {
        EnvelopeKind::Cylinder => body.planes.first().map(|end| end.normal.abs().imax()),
        _ => None,
    };
    let axis = asked.or(own).unwrap_or(2);
    let extent = body.high - body.low;
    let (u, v) = (extent[(axis + 1) % 3], extent[(axis + 2) % 3]);
    (axis, if own == Some(axis) { u.max(v) / 2.0 } else { u.hypot(v) / 2.0 })
}

/// The measure of a figure's id, without the zone that it is taken in.
#[must_use]
pub fn measure_of(id: &str) -> &str {
    id.split_once('@').map_or(id, |(measure, _)| measure)
}

/// Measures that can be taken in a zone; a trailing `_` takes lengths.
const IN_ZONES: [&str; 20] = [
    "volume.total",
    "volume.solid",
    "porosity.total",
    "surface.area",
    "surface.per_total_volume",
    "surface.per_solid_volume",
    "pore_size.mean",
    "pore_size.sd",
    "pore_size.d10",
    "pore_size.d50",
    "pore_size.d90",
    "pore_size.max",
    "pore_size.share_",
    "pore_size.raw_share_",
    "strut.mean",
    "strut.sd",
    "strut.d01",
    "strut.d10",
    "strut.d50",
    "strut.max",
];

/// Why a measure cannot be taken in a zone; `None` where it can.
#[must_use]
pub fn only_whole(measure: &str) -> Option<&'static str> {
    let fits = |id: &&str| *id == measure || (id.ends_with('_') && measure.starts_with(id));
    if IN_ZONES.iter().any(fits) {
        return None;
    }
    let (family, _) = measure.split_once('.').unwrap_or((measure, ""));
    Some(match family {
        "porosity" => "whether void is open or closed is decided by its ways through the whole design",
        "interconnectivity" | "tortuosity" | "diffusivity" | "permeability" | "wall_shear" | "oxygen" => {
            "ways lead through the whole design, and a region has no ends of its own: crop the design and check the part"
        }
        "stiffness" | "strength" => "load goes through the whole design: crop the design and check the part",
        "topology" | "solid" | "anisotropy" => "it is counted over the whole design",
        "pore_size" | "strut" => "it is taken along the ridge of the whole design",
        _ => "it belongs to the whole design",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cube() -> Body {
        Body::cuboid(EnvelopeKind::Box, V3::new(1.0, 2.0, 3.0), V3::new(11.0, 22.0, 33.0))
    }

    #[test]
    fn parts_and_lengths_are_laid_on_the_envelope() {
        let zone = |from, to| Zone::Axial { axis: 1, from, to };
        let (third, whole) = (Mark::Part(0.25), Mark::Part(1.0));
        assert_eq!(zone(third, whole).shape(&cube(), None), Ok(Shape::Slab { axis: 1, low: 7.0, high: 22.0 }));
        let at = |um| Mark::At(Length::from_um(um));
        assert_eq!(zone(at(5.0), at(20.0)).shape(&cube(), None), zone(third, whole).shape(&cube(), None));
        let beyond = zone(at(5.0), at(21.0)).shape(&cube(), None).unwrap_err().to_string();
        assert!(beyond.contains("20 µm") && beyond.contains("y 5–21 µm"), "{beyond}");
        assert!(zone(at(15.0), Mark::Part(0.5)).shape(&cube(), None).unwrap_err().what.contains("exchange"));
        assert_eq!(zone(third, whole).figure("porosity.total"), "porosity.total@y:0.25-1");
        assert_eq!(measure_of(&zone(third, whole).figure("strut.d50")), "strut.d50");
    }

    #[test]
    fn the_whole_radius_holds_all_of_a_body() {
        let all = Zone::Radial { axis: None, from: Mark::Part(0.0), to: Mark::Part(1.0) };
        let Shape::Shell { axis, middle, outer, .. } = all.shape(&cube(), None).unwrap() else { panic!() };
        assert_eq!((axis, middle), (2, V3::new(6.0, 12.0, 18.0)));
        assert!((outer - 125f64.sqrt()).abs() < 1e-12);
        let turn = std::f64::consts::TAU / 40.0;
        let points: Vec<V3> = (0..80)
            .map(|i| {
                V3::new(f64::from(i % 2) * 9.0, 4.0 * (turn * f64::from(i)).cos(), 4.0 * (turn * f64::from(i)).sin())
            })
            .collect();
        let Shape::Shell { axis, outer, .. } = all.shape(&Body::cylinder(&points, 0), None).unwrap() else { panic!() };
        assert!(axis == 0 && (outer - 4.0).abs() < 1e-9, "{axis} {outer}");
    }

    #[test]
    fn what_belongs_to_the_whole_says_why() {
        assert_eq!(only_whole("pore_size.share_300um_1200um"), None);
        assert_eq!(only_whole("porosity.total"), None);
        for (id, why) in [
            ("interconnectivity.percolation_diameter.z", "ways lead through"),
            ("permeability.x", "ways lead through"),
            ("porosity.closed", "open or closed"),
            ("strength.weakest", "load"),
            ("strut.ridge_d01", "ridge"),
            ("fit.least", "whole design"),
        ] {
            assert!(only_whole(id).is_some_and(|reason| reason.contains(why)), "{id}");
        }
    }
}
