//! Criteria files: TOML with a name, a source, and a list of checks; `extends` takes over the checks of another one.

use super::built_in::built_in;
use super::process::Making;
use super::raw::{RawFile, rule};
use super::rule::Rule;
use crate::measure::Zone;
use crate::text::{Step, place, placed, suggest};

/// JSON Schema of criteria files.
#[must_use]
pub fn schema() -> serde_json::Value {
    serde_json::to_value(schemars::schema_for!(RawFile)).unwrap_or_default()
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
    #[error("there are no criteria `{name}`{instead}")]
    Unknown {
        /// The name.
        name: String,
        /// What there is in its place, in words.
        instead: String,
    },
    /// The file is no TOML, or not of this shape; the text names line and column.
    #[error("{0}")]
    Syntax(String),
    /// A check makes no sense.
    #[error("{}", placed(*.at, &format!("check `{id}`: {what}")))]
    Check {
        /// The check.
        id: String,
        /// What is wrong, and what to write.
        what: String,
        /// Line and column.
        at: Option<(usize, usize)>,
    },
}

impl Criteria {
    /// The same, with the measures that the declared process names in full.
    #[must_use]
    pub fn made(&self, making: &Making) -> Self {
        Self { rules: self.rules.iter().map(|rule| rule.made(making)).collect(), ..self.clone() }
    }

    /// Reads criteria; `name` stands in for a missing one. They may extend built-in ones.
    ///
    /// # Errors
    /// When the text is no criteria file, or a check in it makes no sense.
    pub fn parse(text: &str, name: &str) -> Result<Self, CriteriaError> {
        Self::parse_with(text, name, &mut built_in)
    }

    /// As [`parse`](Self::parse), with a way to the criteria that `extends` names.
    ///
    /// # Errors
    /// When the text is no criteria file, a check in it makes no sense, or what it extends cannot be had.
    pub fn parse_with(
        text: &str,
        name: &str,
        extended: &mut dyn FnMut(&str) -> Result<Self, CriteriaError>,
    ) -> Result<Self, CriteriaError> {
        let raw: RawFile =
            toml::from_str(text).map_err(|e| CriteriaError::Syntax(suggest(e.to_string().trim_end())))?;
        let cause =
            |e: CriteriaError| CriteriaError::Syntax(placed(place(text, &[Step::Key("extends")]), &e.to_string()));
        let base = raw.extends.as_deref().map(|base| extended(base).map_err(cause)).transpose()?;
        let mut criteria = Self {
            name: raw.name.unwrap_or_else(|| name.to_owned()),
            title: raw.title.or(base.as_ref().map(|b| b.title.clone())).unwrap_or_default(),
            source: raw.source.or(base.as_ref().map(|b| b.source.clone())).unwrap_or_default(),
            rules: base.map(|b| b.rules).unwrap_or_default(),
        };
        let mut seen: Vec<String> = Vec::new();
        for (k, check) in raw.check.into_iter().enumerate() {
            let id = check.id.clone();
            let wrong = |keys: &[&str], what: String| {
                let steps =
                    [Step::Key("check"), Step::Item(k)].into_iter().chain(keys.iter().map(|key| Step::Key(key)));
                CriteriaError::Check { id: id.clone(), what, at: place(text, &steps.collect::<Vec<_>>()) }
            };
            if seen.contains(&id) {
                return Err(wrong(&["id"], "stands in the file twice".to_owned()));
            }
            seen.push(id.clone());
            let known = criteria.rules.iter().position(|r| r.id == id);
            let rule = rule(check, known.map(|p| &criteria.rules[p])).map_err(|e| {
                let keys: Vec<&str> = std::iter::once(e.key).chain(e.inner).collect();
                wrong(&keys, e.what)
            })?;
            match known {
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

    /// The same, with the files of masks in a folder below.
    #[must_use]
    pub fn below(mut self, folder: &str) -> Self {
        for rule in self.rules.iter_mut().filter(|_| !folder.is_empty()) {
            if let Some(Zone::Mask { file, .. }) = &mut rule.region {
                *file = format!("{folder}/{file}");
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::built_in::built_in_names;
    use super::super::measures::unit_of;
    use super::super::raw::{OF_PROCESS, OVERHANG, TRAPPED};
    use super::super::rule::{ProcessLimit, RuleKind};
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
        assert!(error("extends = \"revue\"").contains("Built in are review"));
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
            mine.made(&Making { process, build: crate::measure::BuildDirection::MinusX, ..Making::default() })
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
