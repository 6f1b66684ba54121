//! How the grey levels of a volume become two phases: filter, threshold and label, each written down in words.

use crate::design::finding::{Finding, Severity};
use crate::design::solid::{DesignError, Options};
use crate::grid::{Levels, Volume};
use crate::input::InputError;
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::units::significant;
use crate::voxel::denoise::{Filter, denoise};
use crate::voxel::hysteresis::{Rule, Side, hysteresis};
use crate::voxel::segmentation::otsu;

/// Which grey levels are solid.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum Threshold {
    /// Above Otsu's threshold.
    #[default]
    Otsu,
    /// Above this value.
    Above(f32),
    /// From the first to the second value.
    Window(f32, f32),
    /// Beyond one of the two values for sure, and beyond the other where connected to such: above the second and the
    /// first, or, where solid and void change places, below the first and the second.
    Hysteresis(f32, f32),
}

/// Labels that are listed where the wanted one is missing.
const MOST_LABELS: usize = 12;

/// How the values of a volume become two phases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binarised {
    /// Two values; the second is solid.
    Two(f32, f32),
    /// Solid above a threshold.
    Above {
        /// The threshold.
        threshold: f32,
        /// Half of what the threshold may be off by: noise and overlap of the classes.
        doubt: f32,
        /// Whether solid is below instead.
        inverted: bool,
    },
    /// Solid between two values.
    Window {
        /// Lower and upper value.
        range: (f32, f32),
        /// Whether solid is outside instead.
        inverted: bool,
    },
}

impl Binarised {
    /// A number that is negative in solid: by how much the value would have to change. `shift` moves the threshold.
    #[must_use]
    #[inline]
    pub fn signed(&self, value: f32, shift: f32) -> f32 {
        match *self {
            Self::Two(void, solid) => (value - solid).abs() - (value - void).abs(),
            Self::Above { threshold, inverted, .. } => {
                let s = threshold + shift - value;
                if inverted { -s } else { s }
            }
            Self::Window { range, inverted } => {
                let s = (range.0 + shift - value).max(value - range.1 - shift);
                if inverted { -s } else { s }
            }
        }
    }
}

/// Makes two phases of a volume: filters it, tells them apart, and says how.
///
/// # Errors
/// When there is one phase only, the label is not there, or the memory is not.
pub(super) fn phases(
    volume: &mut Volume,
    options: &Options,
    findings: &mut Vec<Finding>,
    limits: &Limits,
    exec: &Exec,
) -> Result<(Binarised, String), DesignError> {
    let size = volume.size;
    if let Some(label) = options.solid_label {
        volume.levels = labelled(&volume.levels, label)?;
        let (void, solid) = if options.invert { (1.0, 0.0) } else { (0.0, 1.0) };
        let but = if options.invert { "all but " } else { "" };
        return Ok((Binarised::Two(void, solid), format!("label: {but}{label} is solid")));
    }
    let filtered = match options.denoise {
        None => String::new(),
        Some(filter) => filtered(volume, filter, findings, limits, exec)? + ", then ",
    };
    if let Threshold::Hysteresis(low, high) = options.threshold {
        exec.stage("threshold with hysteresis")?;
        let doubt = doubt(&volume.levels);
        let rule = if options.invert {
            Rule { sure: low, possible: high, doubt, solid: Side::Dark }
        } else {
            Rule { sure: high, possible: low, doubt, solid: Side::Bright }
        };
        let found = hysteresis(held(volume), size, &rule, limits, exec).map_err(InputError::from)?;
        exec.checkpoint()?;
        let side = side(options.invert);
        volume.levels = found.ok_or_else(|| {
            DesignError::nothing(
                "volume.one_phase",
                format!("no voxel is solid for sure: none lies {side} {}", rule.sure),
                "choose a --threshold between the values, or `otsu`",
            )
        })?;
    }
    let (phases, text) = phases_of(&volume.levels, options, findings)?;
    Ok((phases, filtered + &text))
}

/// The levels of a volume, which is left without.
fn held(volume: &mut Volume) -> Levels {
    std::mem::replace(&mut volume.levels, Levels::U8(Vec::new()))
}

/// Filters a volume, and says how and at what cost.
fn filtered(
    volume: &mut Volume,
    filter: Filter,
    findings: &mut Vec<Finding>,
    limits: &Limits,
    exec: &Exec,
) -> Result<String, DesignError> {
    exec.stage("filtering noise")?;
    volume.levels = denoise(held(volume), volume.size, filter, limits, exec).map_err(InputError::from)?;
    let (name, moved) = match filter {
        Filter::Median => ("median of 3 × 3 × 3 voxels".to_owned(), "up to 1/R".to_owned()),
        Filter::Gaussian(sigma) => {
            let moved = format!("about {}/R", significant(f64::from(sigma).powi(2), 2));
            (format!("Gaussian of {sigma} voxels"), moved)
        }
    };
    findings.push(Finding::new(
        "volume.filtered",
        Severity::Info,
        format!(
            "noise was filtered ({name}): a surface with a radius of R voxels moved towards its centre by {moved} voxels, \
             which no uncertainty holds"
        ),
    ));
    Ok(name)
}

/// By how much a threshold that was given may be off: 5 % of the gap between the classes.
fn doubt(levels: &Levels) -> f32 {
    otsu(levels).map_or(0.0, |o| 0.05 * (o.means[1] - o.means[0]))
}

/// On which side of a threshold solid lies.
fn side(inverted: bool) -> &'static str {
    if inverted { "below" } else { "above" }
}

fn phases_of(
    levels: &Levels,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Result<(Binarised, String), DesignError> {
    let one = || {
        DesignError::nothing(
            "volume.single_value",
            "all voxels have the same value",
            "check that the right channel and the right file were exported",
        )
    };
    let (low, high) = levels.range().ok_or_else(one)?;
    if low >= high {
        return Err(one());
    }
    let two = levels.count(0..levels.len(), |v| v == low || v == high) == levels.len();
    let (phases, text) = match options.threshold {
        Threshold::Otsu if two => {
            let (void, solid) = if options.invert { (high, low) } else { (low, high) };
            (Binarised::Two(void, solid), format!("binary: {solid} is solid, {void} is void"))
        }
        Threshold::Otsu => {
            let otsu = otsu(levels).ok_or_else(one)?;
            if otsu.separability < 0.75 {
                findings.push(Finding::new(
                    "volume.poor_contrast",
                    Severity::Warning,
                    format!(
                        "the grey levels hardly fall into two classes (separability {:.2}): check the threshold",
                        otsu.separability
                    ),
                ));
            }
            let text = format!(
                "Otsu: solid {} {} (class means {} and {}, separability {:.3})",
                side(options.invert),
                significant(f64::from(otsu.threshold), 5),
                significant(f64::from(otsu.means[0]), 4),
                significant(f64::from(otsu.means[1]), 4),
                otsu.separability
            );
            (Binarised::Above { threshold: otsu.threshold, doubt: otsu.doubt, inverted: options.invert }, text)
        }
        Threshold::Above(threshold) => {
            let doubt = doubt(levels);
            (
                Binarised::Above { threshold, doubt, inverted: options.invert },
                format!("given: solid {} {threshold}", side(options.invert)),
            )
        }
        Threshold::Hysteresis(low, high) => {
            let (sure, possible) = if options.invert { (low, high) } else { (high, low) };
            let side = side(options.invert);
            (
                Binarised::Above { threshold: possible, doubt: doubt(levels), inverted: options.invert },
                format!("given: solid {side} {sure}, and {side} {possible} where connected to it"),
            )
        }
        Threshold::Window(from, to) => (
            Binarised::Window { range: (from, to), inverted: options.invert },
            format!("given: solid {} {from} to {to}", if options.invert { "outside" } else { "from" }),
        ),
    };
    let solid = levels.count(0..levels.len(), |v| phases.signed(v, 0.0) < 0.0);
    if solid == 0 || solid == levels.len() {
        return Err(DesignError::nothing(
            "volume.one_phase",
            format!(
                "the threshold leaves {} only (values run from {low} to {high})",
                if solid == 0 { "void" } else { "solid" }
            ),
            "choose a --threshold between the values, or `otsu`",
        ));
    }
    let share = solid as f64 / levels.len() as f64;
    if two && share > 0.5 && matches!(options.threshold, Threshold::Otsu) {
        findings.push(Finding::new(
            "volume.polarity",
            Severity::Info,
            format!("{:.1} % of the volume is solid: if the higher value marks the pores, say --invert", 100.0 * share),
        ));
    }
    Ok((phases, text))
}

/// A volume of labels as one of two values: 1 where it has this label.
fn labelled(levels: &Levels, label: i64) -> Result<Levels, DesignError> {
    let wanted = label as f32;
    let found: Vec<u8> = (0..levels.len()).map(|i| u8::from(levels.get(i) == wanted)).collect();
    let count = found.iter().filter(|f| **f == 1).count();
    if count > 0 && count < found.len() {
        return Ok(Levels::U8(found));
    }
    let mut others = std::collections::BTreeSet::new();
    for i in 0..levels.len() {
        let value = levels.get(i);
        if value.fract() != 0.0 {
            return Err(DesignError::nothing(
                "volume.one_phase",
                format!("no voxel has the label {label}, and the values are no labels"),
                "choose a --threshold for grey levels",
            ));
        }
        others.insert(value as i64);
        if others.len() > MOST_LABELS {
            break;
        }
    }
    let more = if others.len() > MOST_LABELS { " and more" } else { "" };
    let list = others.iter().take(MOST_LABELS).map(i64::to_string).collect::<Vec<_>>().join(", ");
    let what = if count == 0 { "no" } else { "every" };
    Err(DesignError::nothing(
        "volume.one_phase",
        format!("{what} voxel has the label {label}; the file has the labels {list}{more}"),
        "choose the label of the solid: --solid-label",
    ))
}
