//! Lengths and the units that they are read and written in.
//!
//! Inside the library every length is a number of micrometres in `f64`. A number that comes from outside becomes a
//! [`Length`] only together with its unit: `300um`, `0.3 mm`, `0.012in`. A bare number is refused, never guessed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A length, kept in micrometres.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Length(f64);

impl Length {
    /// A length of `value` micrometres.
    #[must_use]
    pub const fn from_um(value: f64) -> Self {
        Self(value)
    }

    /// The length in micrometres.
    #[must_use]
    pub const fn um(self) -> f64 {
        self.0
    }
}

/// A unit of length that files and options may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum LengthUnit {
    /// Nanometre.
    #[serde(rename = "nm")]
    Nanometre,
    /// Micrometre.
    #[serde(rename = "um")]
    Micrometre,
    /// Millimetre.
    #[serde(rename = "mm")]
    Millimetre,
    /// Centimetre.
    #[serde(rename = "cm")]
    Centimetre,
    /// Metre.
    #[serde(rename = "m")]
    Metre,
    /// International inch, 25.4 mm exactly.
    #[serde(rename = "in")]
    Inch,
}

impl LengthUnit {
    /// How many micrometres one of this unit is.
    #[must_use]
    pub const fn in_um(self) -> f64 {
        match self {
            Self::Nanometre => 1e-3,
            Self::Micrometre => 1.0,
            Self::Millimetre => 1e3,
            Self::Centimetre => 1e4,
            Self::Metre => 1e6,
            Self::Inch => 25_400.0,
        }
    }

    /// The symbol used in options and reports.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Nanometre => "nm",
            Self::Micrometre => "um",
            Self::Millimetre => "mm",
            Self::Centimetre => "cm",
            Self::Metre => "m",
            Self::Inch => "in",
        }
    }
}

/// Why a text is no length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// A number without a unit.
    #[error("`{0}` has no unit: write `{0}um` or `{0}mm`")]
    Bare(String),
    /// Not a number followed by a unit.
    #[error("`{0}` is not a length: write a number and a unit, such as `300um` or `0.3 mm`")]
    Malformed(String),
    /// A unit that is not known.
    #[error("`{0}` is not a unit of length: use nm, um, mm, cm, m or in")]
    UnknownUnit(String),
    /// Zero, negative or not finite where a size is wanted.
    #[error("`{0}` must be a positive, finite length")]
    NotPositive(String),
}

impl FromStr for LengthUnit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        Ok(match text.trim() {
            "nm" | "nanometer" | "nanometre" | "nanometers" => Self::Nanometre,
            "um" | "µm" | "μm" | "micron" | "microns" | "micrometer" | "micrometre" | "micrometers" => {
                Self::Micrometre
            }
            "mm" | "millimeter" | "millimetre" | "millimeters" => Self::Millimetre,
            "cm" | "centimeter" | "centimetre" | "centimeters" => Self::Centimetre,
            "m" | "meter" | "metre" | "meters" => Self::Metre,
            "in" | "inch" | "inches" | "\"" => Self::Inch,
            other => return Err(UnitError::UnknownUnit(other.to_owned())),
        })
    }
}

impl FromStr for Length {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let text = text.trim();
        let split = text
            .char_indices()
            .find(|&(i, c)| {
                let exponent = matches!(c, 'e' | 'E')
                    && text[i + 1..].starts_with(|d: char| d.is_ascii_digit() || d == '-' || d == '+');
                !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+') || exponent)
            })
            .map_or(text.len(), |(i, _)| i);
        let (number, unit) = text.split_at(split);
        let value: f64 = number.parse().map_err(|_| UnitError::Malformed(text.to_owned()))?;
        if unit.trim().is_empty() {
            return Err(UnitError::Bare(number.to_owned()));
        }
        let unit: LengthUnit = unit.parse()?;
        let um = value * unit.in_um();
        if um.is_finite() { Ok(Self(um)) } else { Err(UnitError::Malformed(text.to_owned())) }
    }
}

impl Length {
    /// Reads a length that must be positive, as sizes and spacings are.
    ///
    /// # Errors
    /// When the text is no length, or one that is zero or negative.
    pub fn parse_positive(text: &str) -> Result<Self, UnitError> {
        let length: Self = text.parse()?;
        if length.0 > 0.0 { Ok(length) } else { Err(UnitError::NotPositive(text.trim().to_owned())) }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.abs() >= 1e4 {
            write!(f, "{} mm", significant(self.0 / 1e3, 4))
        } else {
            write!(f, "{} µm", significant(self.0, 4))
        }
    }
}

/// Reads a pressure, such as `0.5MPa`, into megapascals.
///
/// # Errors
/// When it is no positive number with a unit of pressure.
pub fn parse_pressure(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let wrong = || format!("`{text}` is no pressure: write a number and a unit, such as `0.5MPa` or `500kPa`");
    let factor = match unit.trim() {
        "Pa" => 1e-6,
        "kPa" => 1e-3,
        "MPa" => 1.0,
        "GPa" => 1e3,
        _ => return Err(wrong()),
    };
    let value: f64 = number.trim().parse().map_err(|_| wrong())?;
    if value > 0.0 && value.is_finite() { Ok(value * factor) } else { Err(wrong()) }
}

/// Reads a positive number with one of these units; `what` and `example` are for the message.
fn parse_with(text: &str, what: &str, example: &str, units: &[(&str, f64)]) -> Result<f64, String> {
    let text = text.trim();
    let wrong = || {
        let known: Vec<&str> = units.iter().map(|u| u.0).collect();
        format!("`{text}` is no {what}: write a number and a unit ({}), such as `{example}`", known.join(", "))
    };
    let (number, factor) = units
        .iter()
        .filter_map(|(unit, factor)| Some((text.strip_suffix(unit)?.trim_end(), *factor)))
        .min_by_key(|(number, _)| number.len())
        .ok_or_else(wrong)?;
    let value: f64 = number.parse().map_err(|_| wrong())?;
    if value > 0.0 && value.is_finite() { Ok(value * factor) } else { Err(wrong()) }
}

/// Reads a velocity, such as `100um/s`, into µm/s.
///
/// # Errors
/// When it is no positive number with a unit of velocity.
pub fn parse_speed(text: &str) -> Result<f64, String> {
    let units = [("um/s", 1.0), ("µm/s", 1.0), ("mm/s", 1e3), ("mm/min", 1e3 / 60.0), ("cm/s", 1e4)];
    parse_with(text, "velocity", "100um/s", &units)
}

/// Reads a density of cells, such as `1e6/mL`, into cells per millilitre.
///
/// # Errors
/// When it is no positive number of cells in a volume.
pub fn parse_cells(text: &str) -> Result<f64, String> {
    parse_with(text, "density of cells", "1e6/mL", &[("/mL", 1.0), ("/ml", 1.0), ("/cm3", 1.0), ("/mm3", 1e3)])
}

/// Reads what a cell uses, such as `98fmol/h`, into fmol/h.
///
/// # Errors
/// When it is no positive amount in a time.
pub fn parse_uptake(text: &str) -> Result<f64, String> {
    let units = [("fmol/h", 1.0), ("amol/s", 3.6), ("mol/s", 3.6e18)];
    parse_with(text, "use of oxygen by a cell", "98fmol/h", &units)
}

/// Reads two concentrations of oxygen, such as `0.2mM..0.01mM`, outside and at the limit, into mM.
///
/// # Errors
/// When they are none, or the limit is not below what is outside.
pub fn parse_oxygen(text: &str) -> Result<(f64, f64), String> {
    let units = [("mM", 1.0), ("uM", 1e-3), ("µM", 1e-3), ("mol/m3", 1.0)];
    let example = "0.2mM..0.01mM";
    let (outside, limit) = text.split_once("..").ok_or_else(|| {
        format!("`{text}` names no two concentrations, outside and at the limit, such as `{example}`")
    })?;
    let read = |text| parse_with(text, "concentration", "0.2mM", &units);
    match (read(outside)?, read(limit)?) {
        (outside, limit) if limit < outside => Ok((outside, limit)),
        _ => Err(format!("`{text}`: the limit has to be below what is outside, such as `{example}`")),
    }
}

/// Writes `value` with at most `digits` significant digits and no trailing zeros.
#[must_use]
pub fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    #[allow(clippy::cast_possible_truncation, reason = "the exponent of a finite f64 fits")]
    let exponent = value.abs().log10().floor() as i32;
    if !(-5..=9).contains(&exponent) {
        return format!("{:.*e}", usize::try_from(digits - 1).unwrap_or(0), value);
    }
    let decimals = usize::try_from((digits - 1 - exponent).max(0)).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// The unit of a measured figure. Units in machine-readable reports are fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Unit {
    /// A ratio or a count.
    #[serde(rename = "1")]
    One,
    /// Micrometre.
    #[serde(rename = "um")]
    Micrometre,
    /// Square millimetre.
    #[serde(rename = "mm2")]
    SquareMillimetre,
    /// Cubic millimetre.
    #[serde(rename = "mm3")]
    CubicMillimetre,
    /// Per millimetre.
    #[serde(rename = "1/mm")]
    PerMillimetre,
    /// Per square millimetre.
    #[serde(rename = "1/mm2")]
    PerSquareMillimetre,
    /// Per cubic millimetre.
    #[serde(rename = "1/mm3")]
    PerCubicMillimetre,
    /// Megapascal.
    #[serde(rename = "MPa")]
    Megapascal,
    /// Millipascal, of shear on walls.
    #[serde(rename = "mPa")]
    Millipascal,
    /// Square metre, of permeability.
    #[serde(rename = "m2")]
    SquareMetre,
    /// Day.
    #[serde(rename = "d")]
    Day,
    /// Degree of angle.
    #[serde(rename = "deg")]
    Degree,
}

impl Unit {
    /// The symbol used in machine-readable reports.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Micrometre => "um",
            Self::SquareMillimetre => "mm2",
            Self::CubicMillimetre => "mm3",
            Self::PerMillimetre => "1/mm",
            Self::PerSquareMillimetre => "1/mm2",
            Self::PerCubicMillimetre => "1/mm3",
            Self::Megapascal => "MPa",
            Self::Millipascal => "mPa",
            Self::SquareMetre => "m2",
            Self::Day => "d",
            Self::Degree => "deg",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_quantities_need_theirs() {
        assert_eq!(parse_speed("100um/s"), Ok(100.0));
        assert_eq!(parse_speed("0.1 mm/s"), Ok(100.0));
        assert_eq!(parse_speed("6 mm/min"), Ok(100.0));
        assert_eq!(parse_cells("2e6/mL"), Ok(2e6));
        assert_eq!(parse_cells("2e3/mm3"), Ok(2e6));
        assert!((parse_uptake("2.7e-17mol/s").unwrap() - 97.2).abs() < 1e-9);
        assert_eq!(parse_oxygen("0.2mM..10uM"), Ok((0.2, 0.01)));
        for wrong in ["100", "-1um/s", "um/s", "nan um/s", "1e6"] {
            assert!(parse_speed(wrong).is_err() && parse_cells(wrong).is_err() && parse_uptake(wrong).is_err());
        }
        assert!(parse_oxygen("0.2mM").is_err() && parse_oxygen("0.1mM..0.2mM").is_err());
    }

    #[test]
    fn a_length_needs_its_unit() {
        assert_eq!("300um".parse(), Ok(Length::from_um(300.0)));
        assert_eq!("0.3 mm".parse(), Ok(Length::from_um(300.0)));
        assert_eq!("2.5e2µm".parse(), Ok(Length::from_um(250.0)));
        assert_eq!("1in".parse(), Ok(Length::from_um(25_400.0)));
        assert_eq!("300".parse::<Length>(), Err(UnitError::Bare("300".into())));
        assert_eq!("3 furlong".parse::<Length>(), Err(UnitError::UnknownUnit("furlong".into())));
        assert!("mm".parse::<Length>().is_err());
        assert!("nan um".parse::<Length>().is_err());
        assert!("1e999um".parse::<Length>().is_err());
        assert!(Length::parse_positive("0um").is_err());
        assert!(Length::parse_positive("-3um").is_err());
    }

    #[test]
    fn a_pressure_needs_its_unit() {
        assert_eq!(parse_pressure("0.5MPa"), Ok(0.5));
        assert_eq!(parse_pressure("500 kPa"), Ok(0.5));
        assert!(parse_pressure("0.5").is_err() && parse_pressure("-1MPa").is_err() && parse_pressure("1 bar").is_err());
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(significant(0.123_456, 3), "0.123");
        assert_eq!(significant(1234.5, 3), "1234");
        assert_eq!(significant(620.0, 3), "620");
        assert_eq!(Length::from_um(12.5).to_string(), "12.5 µm");
        assert_eq!(Length::from_um(25_000.0).to_string(), "25 mm");
    }
}
