//! What may be set for a design: on the command line, in `poregauge.toml`, or not at all.
//!
//! Each value knows where it was set; the command line wins over the entry of a design, that over the defaults of the
//! file, and those over what the program does by itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Deserializer};

use super::Failure;
use super::args::{InputArgs, MakingArgs};
use super::values::{AxesArg, CutArg, GrowthArg, OxygenArg, RawSizeArg, build_volume, length, resolution, spacing};
use crate::criteria::{
    Criteria, Making, Process, Rule, measure_ids, own_process, process, process_names, unit_of, unknown_measure,
};
use crate::design::{Axes, CutPores, EnvelopeChoice, Options, Region, Threshold};
use crate::fate::{GrowthLaw, Library, Tissue};
use crate::gauge::{self, MAX_VOXELS, Run, TISSUE_THROAT};
use crate::input::{RawLayout, RawType};
use crate::limits::Limits;
use crate::measure::{BuildDirection, Culture, Zone};
use crate::parallel::Exec;
use crate::report::SettingEntry;
use crate::text::did_you_mean;
use crate::units::{Length, LengthUnit, parse_cells, parse_oxygen, parse_pressure, parse_speed, parse_uptake};
use crate::voxel::denoise::{Filter, WIDEST};

/// What may be set for a design; `None` where nothing was said.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// Criteria: a built-in name or a file.
    pub criteria: Option<String>,
    /// Whether advisory checks gate.
    pub strict: Option<bool>,
    /// The process that makes the design: a name or a file.
    pub process: Option<String>,
    /// The direction in which layers are laid on one another.
    #[serde(deserialize_with = "direction")]
    pub build_direction: Option<BuildDirection>,
    /// Size of what the machine can make.
    #[serde(deserialize_with = "volumes")]
    pub build_volume: Option<[Length; 3]>,
    /// The cavity that it shall go into: a file.
    pub fits: Option<String>,
    /// The material: a name or a file.
    pub material: Option<String>,
    /// The tissue: a name or a file.
    pub tissue: Option<String>,
    /// By what law tissue grows.
    pub tissue_growth: Option<GrowthArg>,
    /// The narrowest throat that tissue passes.
    #[serde(deserialize_with = "lengths")]
    pub tissue_throat: Option<Length>,
    /// The load that it has to bear, in MPa.
    #[serde(deserialize_with = "pressure")]
    pub load: Option<f64>,
    /// Unit of files without one.
    #[serde(deserialize_with = "unit")]
    pub unit: Option<LengthUnit>,
    /// Spacing of the voxels.
    #[serde(deserialize_with = "spacings")]
    pub spacing: Option<[Length; 3]>,
    /// Order of the axes of an array.
    pub axes: Option<AxesArg>,
    /// Which grey levels are solid.
    #[serde(deserialize_with = "threshold_value")]
    pub threshold: Option<Threshold>,
    /// Filter against noise.
    #[serde(deserialize_with = "filter")]
    pub denoise: Option<Filter>,
    /// The label that is solid.
    pub solid_label: Option<i64>,
    /// Voxels of a raw volume.
    #[serde(deserialize_with = "raw_sizes")]
    pub raw_size: Option<[usize; 3]>,
    /// Numbers of a raw volume.
    #[serde(deserialize_with = "raw_type")]
    pub raw_type: Option<RawType>,
    /// Bytes before the voxels of a raw volume.
    pub raw_header: Option<u64>,
    /// Whether solid and void change places.
    pub invert: Option<bool>,
    /// The body: a name or a file.
    pub envelope: Option<String>,
    /// What becomes of cut pores.
    pub cut_pores: Option<CutArg>,
    /// Voxel size; `Some(None)` is automatic.
    #[serde(deserialize_with = "resolutions")]
    pub resolution: Option<Option<Length>>,
    /// Voxels of the finest grid.
    pub max_voxels: Option<u64>,
    /// Voxel size of solved fields.
    #[serde(deserialize_with = "lengths")]
    pub flow_resolution: Option<Length>,
    /// Mean velocity of perfused medium, in µm/s.
    #[serde(deserialize_with = "speed")]
    pub perfusion: Option<f64>,
    /// Cells in a millilitre of void.
    #[serde(deserialize_with = "cells")]
    pub cells: Option<f64>,
    /// What a cell uses of oxygen, in fmol/h.
    #[serde(deserialize_with = "uptake")]
    pub cell_oxygen: Option<f64>,
    /// Oxygen outside and the limit, in mM.
    #[serde(deserialize_with = "oxygens")]
    pub oxygen: Option<(f64, f64)>,
    /// Measures wanted beside those of the criteria.
    pub measures: Option<Vec<String>>,
    /// Bottlenecks along each axis to tell.
    pub throats: Option<usize>,
}

fn from_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    read(&text).map(Some).map_err(serde::de::Error::custom)
}

fn unit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<LengthUnit>, D::Error> {
    from_text(deserializer, |text| text.parse().map_err(|e: crate::units::UnitError| e.to_string()))
}

fn pressure<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    from_text(deserializer, parse_pressure)
}

fn speed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    from_text(deserializer, parse_speed)
}

fn cells<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    from_text(deserializer, parse_cells)
}

fn uptake<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    from_text(deserializer, parse_uptake)
}

fn oxygens<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<(f64, f64)>, D::Error> {
    from_text(deserializer, parse_oxygen)
}

/// Two concentrations, as the user writes them.
pub fn oxygen(text: &str) -> Result<OxygenArg, String> {
    parse_oxygen(text).map(OxygenArg)
}

fn spacings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[Length; 3]>, D::Error> {
    from_text(deserializer, |text| spacing(text).map(|s| s.0))
}

fn direction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BuildDirection>, D::Error> {
    from_text(deserializer, str::parse)
}

fn volumes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[Length; 3]>, D::Error> {
    from_text(deserializer, |text| build_volume(text).map(|s| s.0))
}

fn lengths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Length>, D::Error> {
    from_text(deserializer, length)
}

fn resolutions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Length>>, D::Error> {
    from_text(deserializer, |text| resolution(text).map(|r| r.0))
}

fn raw_sizes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[usize; 3]>, D::Error> {
    from_text(deserializer, |text| raw_size(text).map(|s| s.0))
}

fn raw_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RawType>, D::Error> {
    from_text(deserializer, str::parse)
}

/// Number of voxels along x, y, z, as the user writes it.
pub fn raw_size(text: &str) -> Result<RawSizeArg, String> {
    let parts: Vec<usize> = text.split(',').filter_map(|p| p.trim().parse().ok()).filter(|n: &usize| *n > 0).collect();
    let count = text.split(',').count();
    parts[..]
        .try_into()
        .ok()
        .filter(|_| count == 3)
        .map(RawSizeArg)
        .ok_or_else(|| format!("`{text}` is no size: write the voxels along x, y, z, such as `256,256,128`"))
}

fn threshold_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Threshold>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Raw {
        Number(f64),
        Text(String),
    }
    let text = match Raw::deserialize(deserializer)? {
        Raw::Number(n) => n.to_string(),
        Raw::Text(text) => text,
    };
    threshold(&text).map(Some).map_err(serde::de::Error::custom)
}

/// Which grey levels are solid, as the user writes it.
pub fn threshold(text: &str) -> Result<Threshold, String> {
    let number = |t: &str| t.trim().parse::<f32>().ok().filter(|v| v.is_finite());
    let wrong = || {
        format!(
            "threshold `{text}`: write `otsu`, a value such as `120`, a range such as `100..180`, or `hysteresis:100..180`"
        )
    };
    if text == "otsu" {
        return Ok(Threshold::Otsu);
    }
    let (range, kind) = match text.strip_prefix("hysteresis:") {
        Some(range) => (range, Threshold::Hysteresis as fn(f32, f32) -> Threshold),
        None => (text, Threshold::Window as fn(f32, f32) -> Threshold),
    };
    if let Some((low, high)) = range.split_once("..") {
        return match (number(low), number(high)) {
            (Some(low), Some(high)) if low < high => Ok(kind(low, high)),
            _ => Err(wrong()),
        };
    }
    number(text).map(Threshold::Above).ok_or_else(wrong)
}

fn filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Filter>, D::Error> {
    from_text(deserializer, denoise)
}

/// A filter against noise, as the user writes it.
pub fn denoise(text: &str) -> Result<Filter, String> {
    let wrong = || format!("filter `{text}`: write `median`, or `gaussian:1.0` with up to {WIDEST} voxels");
    if text == "median" {
        return Ok(Filter::Median);
    }
    let sigma: f32 = text.strip_prefix("gaussian:").and_then(|s| s.trim().parse().ok()).ok_or_else(wrong)?;
    if (0.1..=WIDEST).contains(&sigma) { Ok(Filter::Gaussian(sigma)) } else { Err(wrong()) }
}

impl Settings {
    /// What the command line says.
    pub fn of(input: &InputArgs) -> Self {
        Self {
            unit: input.unit,
            spacing: input.spacing.map(|s| s.0),
            axes: input.axes,
            threshold: input.threshold,
            denoise: input.denoise,
            solid_label: input.solid_label,
            raw_size: input.raw_size.map(|s| s.0),
            raw_type: input.raw_type,
            raw_header: input.raw_header,
            invert: input.invert.then_some(true),
            envelope: input.envelope.clone(),
            cut_pores: if input.periodic { Some(CutArg::Periodic) } else { input.cut_pores },
            resolution: input.resolution.map(|r| r.0),
            max_voxels: input.max_voxels,
            flow_resolution: input.flow_resolution,
            perfusion: input.perfusion,
            cells: input.cells,
            cell_oxygen: input.cell_oxygen,
            oxygen: input.oxygen.map(|o| o.0),
            ..Self::default()
        }
    }

    /// These, with what is said of how the design is made.
    #[must_use]
    pub fn making(self, making: MakingArgs) -> Self {
        let volume = making.build_volume.map(|s| s.0);
        Self {
            process: making.process,
            build_direction: making.build_direction,
            build_volume: volume,
            fits: making.fits,
            ..self
        }
    }

    /// These, and where nothing is said those of `lower`.
    #[must_use]
    pub fn over(self, lower: Self) -> Self {
        Self {
            criteria: self.criteria.or(lower.criteria),
            strict: self.strict.or(lower.strict),
            process: self.process.or(lower.process),
            build_direction: self.build_direction.or(lower.build_direction),
            build_volume: self.build_volume.or(lower.build_volume),
            fits: self.fits.or(lower.fits),
            material: self.material.or(lower.material),
            tissue: self.tissue.or(lower.tissue),
            tissue_growth: self.tissue_growth.or(lower.tissue_growth),
            tissue_throat: self.tissue_throat.or(lower.tissue_throat),
            load: self.load.or(lower.load),
            unit: self.unit.or(lower.unit),
            spacing: self.spacing.or(lower.spacing),
            axes: self.axes.or(lower.axes),
            // A label and a threshold or a filter exclude each other: the one that is nearer counts.
            solid_label: self
                .solid_label
                .or(lower.solid_label.filter(|_| self.threshold.is_none() && self.denoise.is_none())),
            denoise: self.denoise.or(lower.denoise.filter(|_| self.solid_label.is_none())),
            raw_size: self.raw_size.or(lower.raw_size),
            raw_type: self.raw_type.or(lower.raw_type),
            raw_header: self.raw_header.or(lower.raw_header),
            threshold: self.threshold.or(lower.threshold),
            invert: self.invert.or(lower.invert),
            envelope: self.envelope.or(lower.envelope),
            cut_pores: self.cut_pores.or(lower.cut_pores),
            resolution: self.resolution.or(lower.resolution),
            max_voxels: self.max_voxels.or(lower.max_voxels),
            flow_resolution: self.flow_resolution.or(lower.flow_resolution),
            perfusion: self.perfusion.or(lower.perfusion),
            cells: self.cells.or(lower.cells),
            cell_oxygen: self.cell_oxygen.or(lower.cell_oxygen),
            oxygen: self.oxygen.or(lower.oxygen),
            measures: self.measures.or(lower.measures),
            throats: self.throats.or(lower.throats),
        }
    }

    /// What is set, as text.
    pub fn shown(&self) -> BTreeMap<&'static str, String> {
        let length = |l: Length| format!("{}um", l.um());
        let all = [
            ("criteria", self.criteria.clone()),
            ("strict", self.strict.map(|s| s.to_string())),
            ("process", self.process.clone()),
            ("build-direction", self.build_direction.map(|d| d.id().to_owned())),
            ("build-volume", self.build_volume.map(|s| s.map(length).join(","))),
            ("fits", self.fits.clone()),
            ("material", self.material.clone()),
            ("tissue", self.tissue.clone()),
            ("tissue-growth", self.tissue_growth.map(|g| GrowthLaw::from(g).name().to_owned())),
            ("tissue-throat", self.tissue_throat.map(length)),
            ("load", self.load.map(|l| format!("{l}MPa"))),
            ("unit", self.unit.map(|u| u.symbol().to_owned())),
            ("spacing", self.spacing.map(|s| s.map(length).join(","))),
            ("axes", self.axes.map(|a| if a == AxesArg::Xyz { "xyz" } else { "zyx" }.to_owned())),
            (
                "threshold",
                self.threshold.map(|t| match t {
                    Threshold::Otsu => "otsu".to_owned(),
                    Threshold::Above(v) => v.to_string(),
                    Threshold::Window(a, b) => format!("{a}..{b}"),
                    Threshold::Hysteresis(a, b) => format!("hysteresis:{a}..{b}"),
                }),
            ),
            (
                "denoise",
                self.denoise.map(|f| match f {
                    Filter::Median => "median".to_owned(),
                    Filter::Gaussian(sigma) => format!("gaussian:{sigma}"),
                }),
            ),
            ("solid-label", self.solid_label.map(|l| l.to_string())),
            ("raw-size", self.raw_size.map(|s| s.map(|n| n.to_string()).join(","))),
            ("raw-type", self.raw_type.map(RawType::name)),
            ("raw-header", self.raw_header.map(|b| b.to_string())),
            ("invert", self.invert.map(|i| i.to_string())),
            ("envelope", self.envelope.clone()),
            ("cut-pores", self.cut_pores.map(|c| cut(c).id().to_owned())),
            ("resolution", self.resolution.map(|r| r.map_or("auto".to_owned(), length))),
            ("max-voxels", self.max_voxels.map(|n| n.to_string())),
            ("flow-resolution", self.flow_resolution.map(length)),
            ("perfusion", self.perfusion.map(|v| format!("{v}um/s"))),
            ("cells", self.cells.map(|c| format!("{c}/mL"))),
            ("cell-oxygen", self.cell_oxygen.map(|u| format!("{u}fmol/h"))),
            ("oxygen", self.oxygen.map(|(outside, limit)| format!("{outside}mM..{limit}mM"))),
            ("measures", self.measures.as_ref().map(|m| m.join(","))),
            ("throats", self.throats.map(|n| n.to_string())),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// What is in force when these are laid over `layers` (the highest first, each with where it is from).
    pub fn in_force(layers: &[(&str, &Self)]) -> BTreeMap<String, SettingEntry> {
        let mut all = BTreeMap::new();
        for (from, layer) in layers.iter().rev() {
            for (name, value) in layer.shown() {
                all.insert(name.to_owned(), SettingEntry { value, from: (*from).to_owned() });
            }
        }
        all
    }
}

/// What is said of raw volumes: all or nothing.
fn raw_layout(settings: &Settings) -> Result<Option<RawLayout>, Failure> {
    let header = settings.raw_header.unwrap_or(0);
    match (settings.raw_size, settings.raw_type) {
        (Some(size), Some(kind)) => {
            Ok(Some(RawLayout { size, kind, header: usize::try_from(header).unwrap_or(usize::MAX) }))
        }
        (None, None) if settings.raw_header.is_none() => Ok(None),
        _ => Err(Failure::Message(
            "a raw volume needs both its size and its type: --raw-size 256,256,128 --raw-type u16le".to_owned(),
        )),
    }
}

/// The cells and what they breathe.
fn culture(settings: &Settings) -> Result<Option<Culture>, Failure> {
    let Some(cells) = settings.cells else {
        if settings.cell_oxygen.is_some() || settings.oxygen.is_some() {
            return Err(Failure::Message("oxygen is used by cells: say how many with --cells 1e6/mL".to_owned()));
        }
        return Ok(None);
    };
    let usual = Culture::of(cells);
    let (outside_mm, limit_mm) = settings.oxygen.unwrap_or((usual.outside_mm, usual.limit_mm));
    let use_fmol_per_h = settings.cell_oxygen.unwrap_or(usual.use_fmol_per_h);
    Ok(Some(Culture { cells_per_ml: cells, use_fmol_per_h, outside_mm, limit_mm }))
}

fn cut(argument: CutArg) -> CutPores {
    match argument {
        CutArg::Open => CutPores::Open,
        CutArg::Clip => CutPores::Clip,
        CutArg::Mirror => CutPores::Mirror,
        CutArg::Periodic => CutPores::Periodic,
    }
}

/// What turning settings into runs needs, and what it has read already.
pub struct Resolver<'a> {
    /// Memory budget.
    pub limits: Limits,
    /// Threads for reading envelopes.
    pub exec: &'a Exec,
    criteria: BTreeMap<PathBuf, Criteria>,
    masked: BTreeMap<String, Criteria>,
    envelopes: BTreeMap<String, EnvelopeChoice>,
    cavities: BTreeMap<String, Arc<Region>>,
}

impl<'a> Resolver<'a> {
    /// Nothing read yet.
    pub fn new(limits: Limits, exec: &'a Exec) -> Self {
        let (criteria, masked, envelopes, cavities) = Default::default();
        Self { limits, exec, criteria, masked, envelopes, cavities }
    }

    /// The run that settings ask for; files in them lie in `folder`. `judge` says whether designs are judged at all.
    pub fn run(&mut self, settings: &Settings, folder: &Path, judge: bool) -> Result<Run, Failure> {
        let measures = settings.measures.clone().unwrap_or_default();
        for id in &measures {
            let family =
                measure_ids().iter().any(|m| m.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('.')));
            if !family && unit_of(id).is_none() {
                return Err(Failure::Message(unknown_measure(id)));
            }
        }
        let process = settings.process.as_deref().map(|name| named_process(name, folder)).transpose()?;
        let wrong = |e: crate::fate::LibraryError| Failure::Message(e.to_string());
        let library = Library::built_in().map_err(wrong)?;
        let criteria =
            if judge { Some(self.criteria(settings.criteria.as_deref().unwrap_or("review"), folder)?) } else { None };
        if settings.solid_label.is_some() && settings.denoise.is_some() {
            return Err(Failure::Message("labels are no grey levels: say either solid-label or denoise".to_owned()));
        }
        let mut options = Options {
            unit: settings.unit,
            spacing: settings.spacing,
            axes: match settings.axes {
                None | Some(AxesArg::Xyz) => Axes::Xyz,
                Some(AxesArg::Zyx) => Axes::Zyx,
            },
            threshold: settings.threshold.unwrap_or_default(),
            denoise: settings.denoise,
            solid_label: settings.solid_label,
            raw: raw_layout(settings)?,
            invert: settings.invert.unwrap_or(false),
            envelope: EnvelopeChoice::Auto,
        };
        let criteria = criteria.map(|read| self.with_masks(read, &options)).transpose()?;
        options.envelope = match settings.envelope.as_deref() {
            None | Some("auto") => EnvelopeChoice::Auto,
            Some("box") => EnvelopeChoice::Box,
            Some("hull") => EnvelopeChoice::Hull,
            Some("cylinder") => EnvelopeChoice::Cylinder,
            Some("wrap") => EnvelopeChoice::Wrap(None),
            Some(text) if text.starts_with("wrap:") => {
                let ball = Length::parse_positive(&text["wrap:".len()..])
                    .map_err(|e| Failure::Message(format!("--envelope {text}: {e}")))?;
                EnvelopeChoice::Wrap(Some(ball.um()))
            }
            Some("grid") => EnvelopeChoice::Grid,
            Some(file) => self.envelope(&folder.join(file), file, &options)?,
        };
        let cavity = settings.fits.as_deref().map(|file| self.cavity(&folder.join(file), &options)).transpose()?;
        let tissue = settings.tissue.as_deref().map(|name| library.tissue(name).map_err(wrong)).transpose()?;
        let growth = settings.tissue_growth.map(GrowthLaw::from).unwrap_or_default();
        grows(growth, tissue.as_ref())?;
        Ok(Run {
            options,
            criteria,
            measures,
            strict: settings.strict.unwrap_or(false),
            resolution: settings.resolution.flatten(),
            max_voxels: settings.max_voxels.unwrap_or(MAX_VOXELS),
            flow_resolution: settings.flow_resolution,
            perfusion: settings.perfusion,
            culture: culture(settings)?,
            cut: settings.cut_pores.map(cut).unwrap_or_default(),
            making: Making {
                process,
                build: settings.build_direction.unwrap_or_default(),
                volume: settings.build_volume,
                cavity,
            },
            material: settings.material.as_deref().map(|name| library.material(name).map_err(wrong)).transpose()?,
            tissue,
            growth,
            tissue_throat: settings.tissue_throat.unwrap_or(TISSUE_THROAT),
            load: settings.load,
            timeline: None,
            stiffness_days: None,
            axis: None,
            throats: settings.throats.unwrap_or(0),
            pictures: false,
            verify_advice: false,
            limits: self.limits,
        })
    }

    /// The criteria, and the folder that their masks lie in.
    fn criteria(&mut self, name: &str, folder: &Path) -> Result<(Criteria, PathBuf), Failure> {
        let path = folder.join(name);
        let beside = path.parent().unwrap_or(Path::new("")).to_owned();
        if let Some(known) = self.criteria.get(&path) {
            return Ok((known.clone(), beside));
        }
        let criteria = super::criteria::named(name, folder)?;
        self.criteria.insert(path, criteria.clone());
        Ok((criteria, beside))
    }

    /// The criteria with the masks of their regions, read as designs with these options are.
    fn with_masks(&mut self, (criteria, folder): (Criteria, PathBuf), options: &Options) -> Result<Criteria, Failure> {
        let masked = |rule: &Rule| matches!(rule.region, Some(Zone::Mask { .. }));
        if !criteria.rules.iter().any(masked) {
            return Ok(criteria);
        }
        let key =
            format!("{} {criteria:?} {:?} {:?} {:?}", folder.display(), options.unit, options.spacing, options.axes);
        if let Some(known) = self.masked.get(&key) {
            return Ok(known.clone());
        }
        let read = gauge::with_masks(&criteria, &folder, options, &self.limits, self.exec)
            .map_err(|what| Failure::Message(format!("criteria {}: {what}", criteria.name)))?;
        self.masked.insert(key, read.clone());
        Ok(read)
    }

    /// The cavity in a file.
    fn cavity(&mut self, path: &Path, options: &Options) -> Result<Arc<Region>, Failure> {
        if !path.exists() {
            return Err(Failure::Message(format!("--fits {}: there is no such file", path.display())));
        }
        let key = format!("{} {options:?}", path.display());
        if let Some(known) = self.cavities.get(&key) {
            return Ok(known.clone());
        }
        let region = gauge::region_from(path, "--fits", options, &self.limits, self.exec).map_err(Failure::Message)?;
        self.cavities.insert(key, region.clone());
        Ok(region)
    }

    fn envelope(&mut self, path: &Path, name: &str, options: &Options) -> Result<EnvelopeChoice, Failure> {
        if !path.exists() {
            let instead = did_you_mean(
                name,
                ["auto", "box", "hull", "cylinder", "wrap", "grid"],
                "built in are auto, box, hull, cylinder, wrap and grid; a mesh or a mask needs its path",
            );
            return Err(Failure::Message(format!("there is no envelope `{name}`{instead}")));
        }
        let key = format!("{} {options:?}", path.display());
        if let Some(known) = self.envelopes.get(&key) {
            return Ok(known.clone());
        }
        let choice = gauge::envelope_from(path, options, &self.limits, self.exec).map_err(Failure::Message)?;
        self.envelopes.insert(key, choice.clone());
        Ok(choice)
    }
}

/// A process by its name, or of the user's own from a file.
pub fn named_process(name: &str, folder: &Path) -> Result<Process, Failure> {
    let path = folder.join(name);
    match process(name) {
        Some(known) => Ok(known),
        None if path.is_file() => {
            let wrong = |what: String| Failure::Message(format!("process {}: {what}", path.display()));
            let text = std::fs::read_to_string(&path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            own_process(&stem, &text).map_err(wrong)
        }
        None => Err(no_process(name)),
    }
}

/// That there is no process of this name.
pub fn no_process(name: &str) -> Failure {
    let known = process_names();
    let all = format!("known are {}, and files of your own", known.join(", "));
    let instead = did_you_mean(name, known.iter().map(String::as_str), &all);
    Failure::Message(format!("there is no process `{name}`{instead}"))
}

/// Whether a tissue has the rates that its law of growth takes.
fn grows(law: GrowthLaw, tissue: Option<&Tissue>) -> Result<(), Failure> {
    match tissue.and_then(|t| Some((t, law.lacks(t)?))) {
        Some((tissue, rate)) => Err(Failure::Message(format!(
            "--tissue-growth {}: `{}` has no `{rate}`: add it to the tissue's file, or choose another law",
            law.name(),
            tissue.id
        ))),
        None => Ok(()),
    }
}
