//! Overhang: how much of the surface of the solid needs support while it is built up along a direction.
//!
//! The share of the whole surface that faces down below the angle from the build plane at which the process holds without
//! support, what rests on the build plate left out (see [`crate::mesh::overhang`]). It is that of the solid, not of what an
//! envelope cuts out of it: on a mesh the sum over its true surface, exact; on a volume over the surface between the
//! phases. Where the solid goes on beyond the body, in the next cell or in the mirror, the cuts are no surface.

use super::bridge::Bridges;
use super::figure::{Figure, Figures};
use crate::design::{Binarised, CutPores, Solid, Study};
use crate::mesh::V3;
use crate::mesh::overhang::{Overhang, overhang_between};
use crate::units::{Length, Unit, significant};

/// Direction in which layers are laid on one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BuildDirection {
    /// Along x.
    X,
    /// Against x.
    MinusX,
    /// Along y.
    Y,
    /// Against y.
    MinusY,
    /// Along z.
    #[default]
    Z,
    /// Against z.
    MinusZ,
}

impl BuildDirection {
    /// All of them, in the order of their axes.
    pub const ALL: [Self; 6] = [Self::X, Self::MinusX, Self::Y, Self::MinusY, Self::Z, Self::MinusZ];

    /// Its name in options: `x`, `-x` and so on.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::X => "x",
            Self::MinusX => "-x",
            Self::Y => "y",
            Self::MinusY => "-y",
            Self::Z => "z",
            Self::MinusZ => "-z",
        }
    }

    /// Its axis: 0 for x.
    #[must_use]
    pub const fn axis(self) -> usize {
        match self {
            Self::X | Self::MinusX => 0,
            Self::Y | Self::MinusY => 1,
            Self::Z | Self::MinusZ => 2,
        }
    }

    /// The unit vector along it.
    #[must_use]
    pub fn up(self) -> V3 {
        let sense = if matches!(self, Self::X | Self::Y | Self::Z) { 1.0 } else { -1.0 };
        V3::ith(self.axis(), sense)
    }

    /// The measure of the overhang along it. A design is built one way, so both senses of an axis share a name; the method
    /// says which it was.
    #[must_use]
    pub const fn measure(self) -> &'static str {
        ["overhang.x", "overhang.y", "overhang.z"][self.axis()]
    }
}

impl std::str::FromStr for BuildDirection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|d| d.id() == text.trim().trim_start_matches('+'));
        known.ok_or_else(|| format!("`{text}` is no build direction: write x, -x, y, -y, z or -z"))
    }
}

/// Angle from the build plane, in degrees, that holds without support where no process is declared: the usual rule of
/// makers' design guides.
pub const USUAL_ANGLE: f64 = 45.0;

/// What is wanted of the overhang.
#[derive(Clone, Debug, PartialEq)]
pub struct OverhangNeeds {
    /// The angle from the build plane, in degrees, that holds.
    pub degrees: f64,
    /// The longest flat underside in µm that holds between two ends, where any does.
    pub bridge: Option<f64>,
    /// Along which directions, at most one an axis.
    pub along: Vec<BuildDirection>,
}

/// By how many degrees the surface of a volume of two values, and of grey levels, is turned from the true one.
const TURNED_TWO: f64 = 5.0;
const TURNED_GREY: f64 = 1.0;

/// How far above the lowest place the surface of a mesh may lie and still rest on the plate, in parts of the size: what
/// single precision rounds. Of a volume it is half a voxel.
const ROUNDED: f64 = 1e-6;

/// Measures the overhang along the directions that are wanted.
pub(super) fn measure(study: &Study<'_>, needs: &OverhangNeeds, out: &mut Figures) {
    let body = &study.envelope.body;
    match &study.design.solid {
        Solid::Mesh(mesh) => {
            let goes_on = matches!(study.cut, CutPores::Periodic | CutPores::Mirror);
            let surface = mesh.surface.iter().copied().filter(move |t| !goes_on || !body.holds_on_surface(t));
            let reach = mesh.mesh.bounds().map_or(0.0, |(low, high)| (high - low).norm() + low.norm().max(high.norm()));
            let figure = |value: f64, method: String| {
                if mesh.closed() {
                    Figure::exact(value, Unit::One, method)
                } else {
                    Figure::new(value, Unit::One, method)
                }
                .floor(1e-6 * value)
            };
            add(
                (study, needs),
                surface,
                ROUNDED * reach,
                "sum over the triangles of the surface",
                |value, _, method| figure(value, method),
                out,
            );
        }
        Solid::Volume { phases, .. } => {
            let frame = study.frame();
            let origin = V3::from(frame.origin);
            let surface = study.field.surface.iter().map(move |f| f.map(|c| origin + V3::from(c.map(f64::from))));
            let (turned, of) = match phases {
                Binarised::Two(..) => (TURNED_TWO, "surface of the smoothed mask (marching cubes)"),
                _ => (TURNED_GREY, "iso-surface of the grey levels (marching cubes)"),
            };
            let slack = 0.5 * frame.coarsest();
            let figure = |value: f64, share: &dyn Fn(f64) -> f64, method: String| {
                let spread = (share(needs.degrees + turned) - share(needs.degrees - turned)).abs() / 2.0;
                Figure::new(value, Unit::One, method).floor(spread)
            };
            add((study, needs), surface, slack, of, figure, out);
        }
    }
}

/// Adds a figure for each direction; `figure` makes it of its value, of the share as a function of the angle, and of the
/// method.
fn add(
    (study, needs): (&Study<'_>, &OverhangNeeds),
    surface: impl Iterator<Item = [V3; 3]> + Clone,
    slack: f64,
    of: &str,
    figure: impl Fn(f64, &dyn Fn(f64) -> f64, String) -> Figure,
    out: &mut Figures,
) {
    for direction in &needs.along {
        let bridges = needs.bridge.map(|longest| Bridges::new(study, direction.up(), longest));
        let of_triangle = |triangle: &[V3; 3]| bridges.as_ref().map_or(0.0, |b| b.area(triangle));
        let at = |degrees: f64| overhang_between(surface.clone(), &direction.up(), degrees, slack, of_triangle);
        let share = |degrees: f64| at(degrees).share();
        let found = at(needs.degrees);
        let Some(value) = found.share() else { continue };
        let method = format!(
            "share of the surface of the solid that faces down below {}° from the build plane, without what rests on the \
             plate; built along {}; {of}",
            significant(needs.degrees, 3),
            direction.id()
        );
        let spread = |degrees: f64| share(degrees).unwrap_or(value);
        let Some(longest) = needs.bridge else {
            out.add(direction.measure(), figure(value, &spread, method));
            continue;
        };
        let longest = Length::from_um(longest);
        let method = format!("{method}; without flat undersides that are carried at both ends within {longest}");
        let bridged = bridged(&found);
        // The ends of a bridge are known to a voxel.
        let own = figure(value, &spread, method);
        let floor = own.floor.max(0.02 * bridged);
        out.add(direction.measure(), Figure { exact: false, ..own }.floor(floor));
        let method = format!(
            "share of the surface of the solid that is a flat underside carried at both ends within {longest}; built along {}",
            direction.id()
        );
        let id = direction.measure().replacen("overhang.", "overhang.bridged.", 1);
        out.add(id, Figure::new(bridged, Unit::One, method).floor(0.02 * bridged));
    }
}

/// What is bridged as a share of the whole surface.
fn bridged(found: &Overhang) -> f64 {
    if found.total > 0.0 { found.bridged / found.total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_read_as_they_are_named() {
        for direction in BuildDirection::ALL {
            assert_eq!(direction.id().parse(), Ok(direction));
            let along = direction.up()[direction.axis()];
            assert!(direction.up().norm() == 1.0 && (along < 0.0) == direction.id().starts_with('-'));
        }
        assert_eq!("+z".parse(), Ok(BuildDirection::Z));
        assert!("up".parse::<BuildDirection>().unwrap_err().contains("-x"));
    }
}
