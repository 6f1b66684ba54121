//! Checks as they stand in a criteria file, and the rules that they become.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::measures::{unit_of, unknown_measure};
use super::region::RawRegion;
use super::rule::{Basis, Declaration, Limit, ProcessLimit, Rule, RuleKind, Within};
use crate::fate::Support;
use crate::measure::only_whole;
use crate::units::{Length, Unit};

/// A limit as it stands in a file: a number for ratios, a length with its unit for lengths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub(super) enum RawLimit {
    /// A ratio or a count.
    Number(f64),
    /// A length with its unit, such as `300um`.
    Length(String),
}

/// What a limit is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LimitOf {
    /// The smallest strut of the declared process.
    Process,
    /// The smallest gap that the declared process keeps open.
    ProcessGap,
    /// Nothing: the room in the declared build volume.
    BuildVolume,
    /// Nothing: the room in the declared cavity.
    Cavity,
    /// The declared load.
    Load,
}

/// The measures that only the declared process names in full: with the width of its ways out, and with the axis of the build
/// direction.
pub(super) const OF_PROCESS: [(&str, Unit); 2] = [(TRAPPED, Unit::One), (OVERHANG, Unit::One)];
pub(super) const TRAPPED: &str = "interconnectivity.trapped_process";
pub(super) const OVERHANG: &str = "overhang.process";

/// A check as it stands in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCheck {
    /// Name of the check; that of an inherited one overrides it.
    pub(super) id: String,
    /// A few words for reports.
    title: Option<String>,
    /// Id of the measure.
    measure: Option<String>,
    /// The part of the design that it asks it of.
    region: Option<RawRegion>,
    /// Least value that passes.
    min: Option<RawLimit>,
    /// Greatest value that passes.
    max: Option<RawLimit>,
    /// Where the least value comes from, instead of `min`.
    min_of: Option<LimitOf>,
    /// Least value for each class of tissue, instead of `min`.
    min_by_class: Option<BTreeMap<Support, f64>>,
    /// Greatest value for each class of tissue, instead of `max`.
    max_by_class: Option<BTreeMap<Support, f64>>,
    /// What has to be declared, for checks that geometry cannot decide.
    declares: Option<Vec<Declaration>>,
    /// Whether the design fails when the check fails; else it is only reported.
    required: Option<bool>,
    /// How much worse than the baseline it may get beyond both uncertainties, as a limit is written.
    tolerance: Option<RawLimit>,
    /// Which of the five criteria it belongs to.
    criterion: Option<u8>,
    /// What sets the limit.
    basis: Option<Basis>,
    /// Where the limit comes from.
    source: Option<String>,
    /// Why it matters.
    help: Option<String>,
    /// What would make a design pass.
    advice: Option<String>,
}

/// A criteria file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    /// Name in reports; that of the file when missing.
    pub(super) name: Option<String>,
    /// Title for people.
    pub(super) title: Option<String>,
    /// Where the criteria come from.
    pub(super) source: Option<String>,
    /// Criteria whose checks are taken over: a built-in name, or a file beside this one.
    pub(super) extends: Option<String>,
    /// The checks.
    #[serde(default)]
    pub(super) check: Vec<RawCheck>,
}

/// What is wrong with a check, and at which of its keys.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The key.
    pub(super) key: &'static str,
    /// The key in the table that it holds.
    pub(super) inner: Option<&'static str>,
    /// What is wrong, and what to write.
    pub(super) what: String,
}

fn wrong(key: &'static str, what: impl Into<String>) -> Wrong {
    Wrong { key, inner: None, what: what.into() }
}

/// The rule that a check of a file says, where it may take over another one.
pub(super) fn rule(raw: RawCheck, base: Option<&Rule>) -> Result<Rule, Wrong> {
    let measure = raw.measure.clone().or_else(|| base.and_then(|b| b.measure().map(str::to_owned)));
    let kind = if let Some(declares) = &raw.declares {
        if declares.is_empty() || raw.measure.is_some() || raw.min.is_some() || raw.max.is_some() {
            return Err(wrong("declares", "`declares` names what to declare and goes without measure and limits"));
        }
        RuleKind::Declared(declares.clone())
    } else if let Some(measure) = measure {
        let of_process = OF_PROCESS.iter().find(|(id, _)| *id == measure).map(|found| found.1);
        let unit =
            of_process.or_else(|| unit_of(&measure)).ok_or_else(|| wrong("measure", unknown_measure(&measure)))?;
        let inherited = base.and_then(|b| match &b.kind {
            RuleKind::Figure { limit, .. } => Some(*limit),
            _ => None,
        });
        let same_kind = raw.min.is_none() && raw.max.is_none() && raw.min_of.is_none();
        let own = |key, limit: &Option<RawLimit>| {
            limit.as_ref().map(|l| value(l, unit).map_err(|what| wrong(key, what))).transpose()
        };
        let (min, max) = (own("min", &raw.min)?, own("max", &raw.max)?);
        let by_class = [&raw.min_by_class, &raw.max_by_class];
        if by_class.iter().any(|limits| limits.is_some()) {
            let [min, max] = by_class.map(|limits| limits.clone().unwrap_or_default());
            if raw.min.is_some() || raw.max.is_some() || raw.min_of.is_some() {
                return Err(wrong("min_by_class", "limits by class go without `min`, `max` and `min_of`"));
            }
            if unit == Unit::Micrometre || min.values().chain(max.values()).any(|v| !v.is_finite()) {
                return Err(wrong("min_by_class", "limits by class are finite numbers of a measure without unit"));
            }
            RuleKind::Class { measure, min, max }
        } else if of_process.is_some() {
            let most = max.or(match base.map(|b| &b.kind) {
                Some(RuleKind::Process {
                    limit: ProcessLimit::Trapped(most) | ProcessLimit::Overhang(most), ..
                }) => Some(*most),
                _ => None,
            });
            let (Some(most), None, None) = (most, min, raw.min_of) else {
                return Err(wrong("max", "what the process names in full has a `max` and no other limit"));
            };
            let limit = if measure == TRAPPED { ProcessLimit::Trapped(most) } else { ProcessLimit::Overhang(most) };
            RuleKind::Process { measure, limit }
        } else if let Some(within) = room(&raw, base.filter(|_| same_kind)) {
            let fits = measure.starts_with("fit.") && (measure == "fit.cavity") == (within == Within::Cavity);
            if !fits {
                let what = match within {
                    Within::Machine => "a build volume is held against `fit.least` or the room along an axis",
                    Within::Cavity => "a cavity is held against `fit.cavity`",
                };
                return Err(wrong("min_of", what));
            }
            RuleKind::Room { measure, within }
        } else if raw.min_of == Some(LimitOf::Load)
            || (raw.min.is_none() && raw.max.is_none() && matches!(base.map(|b| &b.kind), Some(RuleKind::Load { .. })))
        {
            if unit != Unit::Megapascal {
                return Err(wrong("min_of", "a load is held against a measure in MPa"));
            }
            RuleKind::Load { measure }
        } else if raw.min.is_none()
            && raw.max.is_none()
            && let Some(RuleKind::Class { min, max, .. }) = base.map(|b| &b.kind)
        {
            RuleKind::Class { measure, min: min.clone(), max: max.clone() }
        } else if let Some(limit) = process_limit(&raw, base.filter(|_| same_kind)) {
            if unit != Unit::Micrometre {
                return Err(wrong("min_of", "a process is held against a length"));
            }
            RuleKind::Process { measure, limit }
        } else {
            let limit = Limit {
                min: min.or_else(|| inherited.and_then(|l| l.min)),
                max: max.or_else(|| inherited.and_then(|l| l.max)),
            };
            match (limit.min, limit.max) {
                (None, None) => return Err(wrong("id", "needs `min`, `max` or both".to_owned())),
                (Some(a), Some(b)) if a > b => return Err(wrong("min", format!("`min` ({a}) is above `max` ({b})"))),
                _ => RuleKind::Figure { measure, limit },
            }
        }
    } else if let Some(base) = base {
        base.kind.clone()
    } else {
        return Err(wrong("id", "needs `measure` with `min` or `max`, or `declares`"));
    };
    let region = match &raw.region {
        Some(region) => Some(region.zone().map_err(|(key, what)| Wrong { inner: key, ..wrong("region", what) })?),
        None => base.and_then(|b| b.region.clone()),
    };
    if let (Some(_), Some(why)) = (&region, whole_only(&kind)) {
        return Err(wrong("region", format!("a region cannot be asked here: {why}")));
    }
    let tolerance = raw.tolerance.as_ref().map(|t| tolerance(t, &kind)).transpose()?;
    let criterion = raw.criterion.or(base.map(|b| b.criterion)).unwrap_or(0);
    if criterion > 5 {
        return Err(wrong("criterion", format!("`criterion` is 1 to 5, or 0 for none of them, not {criterion}")));
    }
    let title = raw.title.or(base.map(|b| b.title.clone())).unwrap_or_else(|| raw.id.clone());
    Ok(Rule {
        title,
        kind,
        region,
        tolerance: tolerance.or(base.map(|b| b.tolerance)).unwrap_or(0.0),
        required: raw.required.or(base.map(|b| b.required)).unwrap_or(true),
        criterion,
        basis: raw.basis.or(base.map(|b| b.basis)).unwrap_or(Basis::Other),
        source: raw.source.or(base.map(|b| b.source.clone())).unwrap_or_default(),
        help: raw.help.or(base.map(|b| b.help.clone())).unwrap_or_default(),
        advice: raw.advice.or(base.and_then(|b| b.advice.clone())),
        id: raw.id,
    })
}

/// The limit of the process that a check names, or that it takes over with all the rest.
fn process_limit(raw: &RawCheck, base: Option<&Rule>) -> Option<ProcessLimit> {
    match (raw.min_of, base.map(|b| &b.kind)) {
        (Some(LimitOf::Process), _) => Some(ProcessLimit::Strut),
        (Some(LimitOf::ProcessGap), _) => Some(ProcessLimit::Gap),
        (None, Some(RuleKind::Process { limit: limit @ (ProcessLimit::Strut | ProcessLimit::Gap), .. })) => {
            Some(*limit)
        }
        _ => None,
    }
}

fn value(limit: &RawLimit, unit: Unit) -> Result<f64, String> {
    match (limit, unit) {
        (RawLimit::Number(n), Unit::Micrometre) => Err(format!("the limit {n} needs a unit: write \"{n}um\"")),
        (RawLimit::Number(n), _) if n.is_finite() => Ok(*n),
        (RawLimit::Number(n), _) => Err(format!("the limit {n} is no finite number")),
        (RawLimit::Length(text), Unit::Micrometre) => text.parse::<Length>().map(Length::um).map_err(|e| e.to_string()),
        (RawLimit::Length(text), _) => Err(format!("the limit \"{text}\" must be a number without quotes and unit")),
    }
}

/// What of the declared bodies a check asks for room in, its own word first.
fn room(raw: &RawCheck, base: Option<&Rule>) -> Option<Within> {
    match (raw.min_of, base.map(|b| &b.kind)) {
        (Some(LimitOf::BuildVolume), _) => Some(Within::Machine),
        (Some(LimitOf::Cavity), _) => Some(Within::Cavity),
        (None, Some(RuleKind::Room { within, .. })) => Some(*within),
        _ => None,
    }
}

/// Why what is asked belongs to the whole design; `None` where it can be asked of a region.
fn whole_only(kind: &RuleKind) -> Option<&'static str> {
    match kind {
        RuleKind::Declared(_) => Some("a declaration is one of the whole design"),
        RuleKind::Figure { measure, .. }
        | RuleKind::Process { measure, .. }
        | RuleKind::Room { measure, .. }
        | RuleKind::Load { measure }
        | RuleKind::Class { measure, .. } => only_whole(measure),
    }
}

/// How much worse than the baseline a figure may get.
fn tolerance(limit: &RawLimit, kind: &RuleKind) -> Result<f64, Wrong> {
    let measure = match kind {
        RuleKind::Figure { measure, .. } => measure,
        _ => return Err(wrong("tolerance", "a tolerance goes with `min` or `max`")),
    };
    let unit = unit_of(measure).unwrap_or(Unit::One);
    match value(limit, unit).map_err(|what| wrong("tolerance", what))? {
        least if least >= 0.0 => Ok(least),
        least => Err(wrong("tolerance", format!("a tolerance is not negative, as {least} is"))),
    }
}
