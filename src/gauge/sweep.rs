//! All materials of the library in all its tissues: which match for one design, and how many the ranges leave open.

use crate::advice::is_matching;
use crate::criteria::{Context, Criteria, Declared, MaterialRecord, Verdict, judge};
use crate::fate::front::Front;
use crate::fate::{Body, Library, Material, Tissue, assess};
use crate::parallel::Exec;

/// What is swept over.
#[derive(Clone, Copy, Debug)]
pub struct Sweep<'a> {
    /// Materials and tissues.
    pub library: &'a Library,
    /// The criteria: their required rules on degradation and matching are judged.
    pub criteria: &'a Criteria,
    /// Share of the design that is solid.
    pub density: f64,
    /// Thickness of its struts, in µm.
    pub strut: f64,
}

impl Sweep<'_> {
    /// For each material, in the order of their names, the verdict in each tissue.
    #[must_use]
    pub fn run(&self, exec: &Exec) -> Vec<(String, Vec<Verdict>)> {
        let rules = Criteria {
            rules: self
                .criteria
                .rules
                .iter()
                .filter(|r| r.required && r.measure().is_some_and(is_matching))
                .cloned()
                .collect(),
            ..self.criteria.clone()
        };
        let materials: Vec<&Material> = self.library.materials.values().collect();
        let verdicts = exec.map(materials.len(), |k| {
            self.library.tissues.values().map(|tissue| self.verdict(materials[k], tissue, &rules)).collect()
        });
        materials.iter().map(|m| m.id.clone()).zip(verdicts).collect()
    }

    /// Fail where a rule fails over all ranges, pass where all pass, else inconclusive.
    fn verdict(&self, material: &Material, tissue: &Tissue, rules: &Criteria) -> Verdict {
        let body = Body {
            density: self.density,
            front: Front::strut(self.strut),
            walls: Some(self.strut),
            thinner: None,
            strut: Some(self.strut),
            stiffness: None,
            ground: None,
        };
        let (figures, _) = assess(material, Some(tissue), &body);
        let record = MaterialRecord { compatibility: String::new(), cell_interface: String::new() };
        let declared = Declared { material: Some(record), tissue: Some(tissue.class), ..Declared::default() };
        let checks = judge(rules, &figures, &Context { declared, ..Context::default() });
        let any = |verdict: Verdict| checks.iter().any(|c| c.verdict == verdict);
        if any(Verdict::Fail) {
            Verdict::Fail
        } else if any(Verdict::Inconclusive) {
            Verdict::Inconclusive
        } else {
            Verdict::Pass
        }
    }
}
