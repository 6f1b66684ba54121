//! Criteria files: TOML with a name, a source, and a list of checks; `extends` takes over the checks of another one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::measures::{unit_of, unknown_measure};
use super::process::Making;
use crate::fate::Support;
use crate::units::{Length, Unit};

/// What sets a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The review itself.
    Review,
    /// A derivation from it.
    Derived,
    /// Another source.
    Other,
}

/// A limit as it stands in a file: a number for ratios, a length with its unit for lengths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
enum RawLimit {
    /// A ratio or a count.
    Number(f64),
    /// A length with its unit, such as `300um`.
    Length(String),
}

/// What a limit is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum LimitOf {
    /// The smallest strut of the declared process.
    Process,
    /// The smallest gap that the declared process keeps open.
    ProcessGap,
    /// Nothing: the room in the declared build volume.
    BuildVolume,
    /// The declared load.
    Load,
}

/// The measures that only the declared process names in full: with the width of its ways out, and with the axis of the build
/// direction.
const OF_PROCESS: [(&str, Unit); 2] = [(TRAPPED, Unit::One), (OVERHANG, Unit::One)];
const TRAPPED: &str = "interconnectivity.trapped_process";
const OVERHANG: &str = "overhang.process";

/// What of the process sets a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ProcessLimit {
    /// Its smallest strut: at least that.
    Strut,
    /// Its smallest gap: at least that.
    Gap,
    /// The share of the void that may hold what its ways out do not let go.
    Trapped(f64),
    /// The share of the surface that may hang over further than it holds.
    Overhang(f64),
}

impl ProcessLimit {
    /// What a figure is held against, for people.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Strut => ">= smallest strut of the process".to_owned(),
            Self::Gap => ">= smallest gap of the process".to_owned(),
            Self::Trapped(most) => format!("<= {most}, by the ways out that the process needs"),
            Self::Overhang(most) => format!("<= {most}, along the build direction by the angle that the process holds"),
        }
    }
}

/// Something that has to be declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Declaration {
    /// The material of the scaffold.
    Material,
    /// The tissue that shall grow.
    Tissue,
    /// The load that it shall bear.
    Load,
    /// The process that makes it.
    Process,
}

impl Declaration {
    /// With its article, for messages.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Material => "a material",
            Self::Tissue => "a tissue",
            Self::Load => "a load",
            Self::Process => "a process",
        }
    }
}

/// A check as it stands in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    /// Name of the check; that of an inherited one overrides it.
    id: String,
    /// A few words for reports.
    title: Option<String>,
    /// Id of the measure.
    measure: Option<String>,
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
struct RawFile {
    /// Name in reports; that of the file when missing.
    name: Option<String>,
    /// Title for people.
    title: Option<String>,
    /// Where the criteria come from.
    source: Option<String>,
    /// Criteria whose checks are taken over.
    extends: Option<String>,
    /// The checks.
    #[serde(default)]
    check: Vec<RawCheck>,
}

/// JSON Schema of criteria files.
#[must_use]
pub fn schema() -> serde_json::Value {
    serde_json::to_value(schemars::schema_for!(RawFile)).unwrap_or_default()
}

/// A limit with the unit of its measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Least value that passes.
    pub min: Option<f64>,
    /// Greatest value that passes.
    pub max: Option<f64>,
}

/// What a rule asks.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleKind {
    /// A figure within limits.
    Figure {
        /// The measure.
        measure: String,
        /// The limits.
        limit: Limit,
    },
    /// A figure against a limit of the declared process.
    Process {
        /// The measure.
        measure: String,
        /// What sets the limit.
        limit: ProcessLimit,
    },
    /// A figure of the declared build volume, at least 0; asked only where one is declared.
    BuildVolume {
        /// The measure.
        measure: String,
    },
    /// A figure above the declared load.
    Load {
        /// The measure.
        measure: String,
    },
    /// A figure within limits that depend on the class of the tissue; a class without limits is not asked.
    Class {
        /// The measure.
        measure: String,
        /// Least values.
        min: BTreeMap<Support, f64>,
        /// Greatest values.
        max: BTreeMap<Support, f64>,
    },
    /// Something that has to be declared.
    Declared(Vec<Declaration>),
}

/// One check of a set of criteria.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// A few words for reports.
    pub title: String,
    /// What it asks.
    pub kind: RuleKind,
    /// Whether a design fails by it.
    pub required: bool,
    /// Which of the five criteria it belongs to; 0 for none.
    pub criterion: u8,
    /// What sets the limit.
    pub basis: Basis,
    /// Where the limit comes from.
    pub source: String,
    /// Why it matters.
    pub help: String,
    /// What would make a design pass.
    pub advice: Option<String>,
}

impl Rule {
    /// The measure that it needs.
    #[must_use]
    pub fn measure(&self) -> Option<&str> {
        match &self.kind {
            RuleKind::Figure { measure, .. }
            | RuleKind::Process { measure, .. }
            | RuleKind::BuildVolume { measure }
            | RuleKind::Load { measure }
            | RuleKind::Class { measure, .. } => Some(measure),
            RuleKind::Declared(_) => None,
        }
    }

    /// The same, with the measure that the declared process names in full; unchanged where it names none.
    #[must_use]
    pub fn made(&self, making: &Making) -> Self {
        let mut rule = self.clone();
        if let (RuleKind::Process { measure, limit }, Some(process)) = (&mut rule.kind, &making.process) {
            match limit {
                ProcessLimit::Trapped(_) => process.trapped().into_iter().for_each(|id| *measure = id),
                ProcessLimit::Overhang(_) if process.overhang_deg.is_some() => {
                    making.build.measure().clone_into(measure);
                }
                _ => {}
            }
        }
        rule
    }
}

/// A set of criteria.
#[derive(Clone, Debug, PartialEq)]
pub struct Criteria {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// Its checks.
    pub rules: Vec<Rule>,
}

/// Why criteria cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CriteriaError {
    /// No built-in criteria have this name, and no file either.
    #[error("there are no criteria `{name}`: built in are {known}; a file needs its path")]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// The file is no TOML, or not of this shape; the text names line and column.
    #[error("{0}")]
    Syntax(String),
    /// A check makes no sense.
    #[error("check `{id}`: {what}")]
    Check {
        /// The check.
        id: String,
        /// What is wrong, and what to write.
        what: String,
    },
}

const PROFILES: [(&str, &str); 7] = [
    ("review", include_str!("profiles/review.toml")),
    ("bone-karageorgiou", include_str!("profiles/bone-karageorgiou.toml")),
    ("bone-interconnected", include_str!("profiles/bone-interconnected.toml")),
    ("bone-titanium", include_str!("profiles/bone-titanium.toml")),
    ("coating", include_str!("profiles/coating.toml")),
    ("cartilage", include_str!("profiles/cartilage.toml")),
    ("skin", include_str!("profiles/skin.toml")),
];

/// The names of the built-in criteria.
#[must_use]
pub fn built_in_names() -> Vec<&'static str> {
    PROFILES.iter().map(|p| p.0).collect()
}

/// Built-in criteria by name.
///
/// # Errors
/// When there are none of this name.
pub fn built_in(name: &str) -> Result<Criteria, CriteriaError> {
    let text = PROFILES
        .iter()
        .find(|p| p.0 == name)
        .map(|p| p.1)
        .ok_or_else(|| CriteriaError::Unknown { name: name.to_owned(), known: built_in_names().join(", ") })?;
    Criteria::parse(text, name)
}

impl Criteria {
    /// The same, with the measures that the declared process names in full.
    #[must_use]
    pub fn made(&self, making: &Making) -> Self {
        Self { rules: self.rules.iter().map(|rule| rule.made(making)).collect(), ..self.clone() }
    }

    /// Reads criteria; `name` stands in for a missing one.
    ///
    /// # Errors
    /// When the text is no criteria file, or a check in it makes no sense.
    pub fn parse(text: &str, name: &str) -> Result<Self, CriteriaError> {
        let raw: RawFile =
            toml::from_str(text).map_err(|e| CriteriaError::Syntax(e.to_string().trim_end().to_owned()))?;
        let base = raw.extends.as_deref().map(built_in).transpose()?;
        let mut criteria = Self {
            name: raw.name.unwrap_or_else(|| name.to_owned()),
            title: raw.title.or(base.as_ref().map(|b| b.title.clone())).unwrap_or_default(),
            source: raw.source.or(base.as_ref().map(|b| b.source.clone())).unwrap_or_default(),
            rules: base.map(|b| b.rules).unwrap_or_default(),
        };
        let mut seen: Vec<String> = Vec::new();
        for check in raw.check {
            if seen.contains(&check.id) {
                return Err(CriteriaError::Check { id: check.id, what: "stands in the file twice".to_owned() });
            }
            seen.push(check.id.clone());
            let place = criteria.rules.iter().position(|r| r.id == check.id);
            let rule = rule(check, place.map(|p| &criteria.rules[p]))?;
            match place {
                Some(p) => criteria.rules[p] = rule,
                None => criteria.rules.push(rule),
            }
        }
        if criteria.rules.is_empty() {
            return Err(CriteriaError::Syntax(
                "the criteria have no check: add `[[check]]` or `extends = \"review\"`".to_owned(),
            ));
        }
        Ok(criteria)
    }
}

fn rule(raw: RawCheck, base: Option<&Rule>) -> Result<Rule, CriteriaError> {
    let wrong = |what: String| CriteriaError::Check { id: raw.id.clone(), what };
    let measure = raw.measure.clone().or_else(|| base.and_then(|b| b.measure().map(str::to_owned)));
    let kind = if let Some(declares) = &raw.declares {
        if declares.is_empty() || raw.measure.is_some() || raw.min.is_some() || raw.max.is_some() {
            return Err(wrong("`declares` names what to declare and goes without measure and limits".to_owned()));
        }
        RuleKind::Declared(declares.clone())
    } else if let Some(measure) = measure {
        let of_process = OF_PROCESS.iter().find(|(id, _)| *id == measure).map(|found| found.1);
        let unit = of_process.or_else(|| unit_of(&measure)).ok_or_else(|| wrong(unknown_measure(&measure)))?;
        let inherited = base.and_then(|b| match &b.kind {
            RuleKind::Figure { limit, .. } => Some(*limit),
            _ => None,
        });
        let same_kind = raw.min.is_none() && raw.max.is_none() && raw.min_of.is_none();
        let own = |limit: &Option<RawLimit>| limit.as_ref().map(|l| value(l, unit).map_err(&wrong)).transpose();
        let (min, max) = (own(&raw.min)?, own(&raw.max)?);
        let by_class = [&raw.min_by_class, &raw.max_by_class];
        if by_class.iter().any(|limits| limits.is_some()) {
            let [min, max] = by_class.map(|limits| limits.clone().unwrap_or_default());
            if raw.min.is_some() || raw.max.is_some() || raw.min_of.is_some() {
                return Err(wrong("limits by class go without `min`, `max` and `min_of`".to_owned()));
            }
            if unit == Unit::Micrometre || min.values().chain(max.values()).any(|v| !v.is_finite()) {
                return Err(wrong("limits by class are finite numbers of a measure without unit".to_owned()));
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
                return Err(wrong("what the process names in full has a `max` and no other limit".to_owned()));
            };
            let limit = if measure == TRAPPED { ProcessLimit::Trapped(most) } else { ProcessLimit::Overhang(most) };
            RuleKind::Process { measure, limit }
        } else if raw.min_of == Some(LimitOf::BuildVolume)
            || (same_kind && matches!(base.map(|b| &b.kind), Some(RuleKind::BuildVolume { .. })))
        {
            if !measure.starts_with("fit.") {
                return Err(wrong("a build volume is held against `fit.least` or the room along an axis".to_owned()));
            }
            RuleKind::BuildVolume { measure }
        } else if raw.min_of == Some(LimitOf::Load)
            || (raw.min.is_none() && raw.max.is_none() && matches!(base.map(|b| &b.kind), Some(RuleKind::Load { .. })))
        {
            if unit != Unit::Megapascal {
                return Err(wrong("a load is held against a measure in MPa".to_owned()));
            }
            RuleKind::Load { measure }
        } else if raw.min.is_none()
            && raw.max.is_none()
            && let Some(RuleKind::Class { min, max, .. }) = base.map(|b| &b.kind)
        {
            RuleKind::Class { measure, min: min.clone(), max: max.clone() }
        } else if let Some(limit) = process_limit(&raw, base.filter(|_| same_kind)) {
            if unit != Unit::Micrometre {
                return Err(wrong("a process is held against a length".to_owned()));
            }
            RuleKind::Process { measure, limit }
        } else {
            let limit = Limit {
                min: min.or_else(|| inherited.and_then(|l| l.min)),
                max: max.or_else(|| inherited.and_then(|l| l.max)),
            };
            match (limit.min, limit.max) {
                (None, None) => return Err(wrong("needs `min`, `max` or both".to_owned())),
                (Some(a), Some(b)) if a > b => return Err(wrong(format!("`min` ({a}) is above `max` ({b})"))),
                _ => RuleKind::Figure { measure, limit },
            }
        }
    } else if let Some(base) = base {
        base.kind.clone()
    } else {
        return Err(wrong("needs `measure` with `min` or `max`, or `declares`".to_owned()));
    };
    let criterion = raw.criterion.or(base.map(|b| b.criterion)).unwrap_or(0);
    if criterion > 5 {
        return Err(wrong(format!("`criterion` is 1 to 5, or 0 for none of them, not {criterion}")));
    }
    let title = raw.title.or(base.map(|b| b.title.clone())).unwrap_or_else(|| raw.id.clone());
    Ok(Rule {
        title,
        kind,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Criteria::parse(text, "mine").unwrap_err().to_string()
    }

    #[test]
    fn the_built_in_criteria_are_whole() {
        for name in built_in_names() {
            let criteria = built_in(name).unwrap();
            assert!(criteria.rules.iter().all(|r| !r.source.is_empty() && !r.help.is_empty() && r.criterion > 0));
        }
        let ids: Vec<String> = built_in("review").unwrap().rules.into_iter().map(|r| r.id).collect();
        for id in [
            "porosity",
            "pore-size",
            "pore-median",
            "closed-void",
            "throat-x",
            "throat-y",
            "throat-z",
            "accessible",
            "surface",
            "one-piece",
            "strut-process",
        ] {
            assert!(ids.iter().any(|i| i == id), "{id}");
        }
    }

    #[test]
    fn a_file_may_override_one_limit() {
        let mine = Criteria::parse("extends = \"review\"\n[[check]]\nid = \"porosity\"\nmin = 0.8\n", "mine").unwrap();
        let base = built_in("review").unwrap();
        assert_eq!(mine.rules.len(), base.rules.len());
        assert_eq!(mine.name, "mine");
        let RuleKind::Figure { limit, .. } = &mine.rules[0].kind else { panic!() };
        assert_eq!(limit.min, Some(0.8));
        assert_eq!(mine.rules[0].source, base.rules[0].source);
    }

    #[test]
    fn nonsense_is_refused_with_a_remedy() {
        assert!(error("extends = \"revue\"").contains("built in are review"));
        assert!(error("extends = \"review\"\nminimum = 3").contains("line 2"));
        assert!(error("[[check]]\nid = \"a\"\nmeasure = \"pore_size.d5\"\nmin = \"1um\"").contains("pore_size.d50"));
        assert!(error("[[check]]\nid = \"a\"\nmeasure = \"pore_size.d50\"\nmin = 300").contains("300um"));
        assert!(error("[[check]]\nid = \"a\"\nmeasure = \"porosity.total\"\nmin = nan").contains("finite"));
        assert!(error("[[check]]\nid = \"a\"\nmeasure = \"porosity.total\"\nmin = \"90%\"").contains("number"));
        assert!(error("[[check]]\nid = \"a\"\nmeasure = \"porosity.total\"\nmin = 0.9\nmax = 0.8").contains("above"));
        assert!(error("[[check]]\nid = \"a\"\nmeasure = \"porosity.total\"").contains("min"));
        assert!(error("name = \"x\"").contains("no check"));
        let gap = error("[[check]]\nid = \"a\"\nmeasure = \"porosity.total\"\nmin_of = \"process-gap\"");
        assert!(gap.contains("length"), "{gap}");
        let room = error("[[check]]\nid = \"a\"\nmeasure = \"pore_size.d50\"\nmin_of = \"build-volume\"");
        assert!(room.contains("fit.least"), "{room}");
        assert!(error("[[check]]\nid = \"a\"\nmeasure = \"overhang.process\"\nmin = 0.1").contains("`max`"));
    }

    #[test]
    fn the_process_names_its_measures_in_full() {
        let text = "extends = \"review\"\n[[check]]\nid = \"trapped-process\"\nmax = 0.25\n\
                    [[check]]\nid = \"gap-process\"\nrequired = false\n";
        let mine = Criteria::parse(text, "mine").unwrap();
        let rule = |criteria: &Criteria, id: &str| criteria.rules.iter().find(|r| r.id == id).unwrap().clone();
        assert!(
            matches!(rule(&mine, "trapped-process").kind, RuleKind::Process { limit: ProcessLimit::Trapped(m), .. } if m == 0.25)
        );
        let gap = rule(&mine, "gap-process");
        assert!(!gap.required && matches!(gap.kind, RuleKind::Process { limit: ProcessLimit::Gap, .. }));
        let made = |name: &str| {
            let process = super::super::process(name);
            mine.made(&Making { process, build: crate::measure::BuildDirection::MinusX, volume: None })
        };
        let slm = made("slm");
        assert_eq!(rule(&slm, "trapped-process").measure(), Some("interconnectivity.trapped_300um"));
        assert_eq!(rule(&slm, "overhang-process").measure(), Some("overhang.x"));
        // Nothing has to leave a filament, and powder carries what hangs over.
        assert_eq!(rule(&made("fdm"), "trapped-process").measure(), Some(TRAPPED));
        assert_eq!(rule(&made("sls"), "overhang-process").measure(), Some(OVERHANG));
        for (id, _) in OF_PROCESS {
            assert_eq!(unit_of(id), None, "only criteria may name {id}");
        }
    }
}
