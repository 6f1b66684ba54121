//! Values as the user writes them, and how they are read.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::fate::GrowthLaw;
use crate::units::{Length, LengthUnit};

pub fn porosity(text: &str) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok().filter(|p| *p > 0.0 && *p < 1.0);
    value.ok_or_else(|| format!("`{text}` is no porosity: write a share between 0 and 1, such as `0.9`"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CutArg {
    Open,
    Clip,
    Mirror,
    Periodic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AxesArg {
    Xyz,
    Zyx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    Auto,
    Always,
    Never,
}

pub fn length(text: &str) -> Result<Length, String> {
    Length::parse_positive(text).map_err(|e| e.to_string())
}

/// A resolution: `None` is automatic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResolutionArg(pub Option<Length>);

pub fn resolution(text: &str) -> Result<ResolutionArg, String> {
    if text == "auto" { Ok(ResolutionArg(None)) } else { length(text).map(|l| ResolutionArg(Some(l))) }
}

/// Number of voxels along x, y, z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RawSizeArg(pub [usize; 3]);

/// Spacing along x, y, z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpacingArg(pub [Length; 3]);

pub fn spacing(text: &str) -> Result<SpacingArg, String> {
    let parts: Vec<Length> = text.split(',').map(length).collect::<Result<_, _>>()?;
    match parts[..] {
        [all] => Ok(SpacingArg([all; 3])),
        [x, y, z] => Ok(SpacingArg([x, y, z])),
        _ => Err("one length, or three for x, y, z, such as `12um,12um,20um`".to_owned()),
    }
}

/// The size of a build volume.
pub fn build_volume(text: &str) -> Result<SpacingArg, String> {
    spacing(text).map_err(|e| e.replace("12um,12um,20um", "200mm,200mm,180mm"))
}

pub fn unit(text: &str) -> Result<LengthUnit, String> {
    text.parse().map_err(|e: crate::units::UnitError| e.to_string())
}

pub fn bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "gib" | "g" => 1024f64.powi(3),
        "gb" => 1e9,
        "mib" | "m" => 1024f64.powi(2),
        "mb" => 1e6,
        "tib" | "t" => 1024f64.powi(4),
        "tb" => 1e12,
        _ => return Err(format!("`{text}` is no amount of memory: write `8GiB` or `500MB`")),
    };
    let value: f64 = number.parse().map_err(|_| format!("`{text}` is no amount of memory: write `8GiB`"))?;
    let bytes = value * factor;
    if (1.0..1e18).contains(&bytes) {
        Ok(bytes as u64)
    } else {
        Err(format!("`{text}` is no possible amount of memory"))
    }
}

/// Oxygen outside and the limit, in mM.
#[derive(Clone, Copy, Debug)]
pub struct OxygenArg(pub (f64, f64));

/// By what law tissue grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrowthArg {
    /// The calibrated curve: a lag, a half, nine tenths
    Healing,
    /// A front from the host, then a constant pace from the surfaces
    Apposition,
    /// A front from the host, then the pace of the surfaces' curvature
    Curvature,
    /// The slower of the calibrated curve and apposition
    Slower,
}

impl From<GrowthArg> for GrowthLaw {
    fn from(argument: GrowthArg) -> Self {
        match argument {
            GrowthArg::Healing => Self::Healing,
            GrowthArg::Apposition => Self::Apposition,
            GrowthArg::Curvature => Self::Curvature,
            GrowthArg::Slower => Self::Slower,
        }
    }
}

/// A length that may be negative.
pub fn offset(text: &str) -> Result<Length, String> {
    text.parse().map_err(|e: crate::units::UnitError| e.to_string())
}

pub fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(f) if (1e-3..=1e3).contains(&f) => Ok(f),
        _ => Err(format!("`{text}` is no factor: write a number from 0.001 to 1000, such as `1.3`")),
    }
}

pub fn plot(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("svg") || e.eq_ignore_ascii_case("png")) {
        Ok(path)
    } else {
        Err("it is drawn as .svg, which browsers and drawing programs open, or as .png".to_owned())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AxisArg {
    X,
    Y,
    Z,
}
