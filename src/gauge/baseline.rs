//! Against a baseline only what got worse gates.
//!
//! A check that does not pass is old when it did not pass in the baseline either and its margin has not fallen by more
//! than both uncertainties together. With a `tolerance` in the criteria the margin may fall by that more, whatever the
//! verdict was. Old checks keep their verdict and are marked; the design's verdict then comes from
//! the others. A design or a check that the baseline does not have is judged as if there were none.

use crate::criteria::{DesignVerdict, Verdict};
use crate::report::{BaselineEntry, CheckEntry, Report, verdict_of};

/// Marks what the baseline had already, and judges the designs by the rest.
#[must_use]
pub fn against_baseline(mut report: Report, baseline: &Report) -> Report {
    for design in &mut report.designs {
        let Some(old) = baseline.designs.iter().find(|d| d.name == design.name) else { continue };
        if design.verdict == Some(DesignVerdict::Error) {
            continue;
        }
        for check in &mut design.checks {
            if let Some(before) = old.checks.iter().find(|c| c.id == check.id) {
                let entry = BaselineEntry {
                    verdict: before.verdict,
                    value: before.measured.as_ref().map(|m| m.value),
                    worse: worse(before, check),
                };
                check.gates &= entry.worse;
                check.baseline = Some(entry);
            }
        }
        design.verdict = Some(verdict_of(&design.checks));
    }
    Report::new(report.criteria, report.designs)
}

/// How bad a verdict is.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass | Verdict::Declared => 0,
        Verdict::NotAssessed => 1,
        Verdict::Inconclusive => 2,
        Verdict::Fail => 3,
    }
}

/// Whether a check got worse by more than both uncertainties.
pub(super) fn worse(before: &CheckEntry, now: &CheckEntry) -> bool {
    let turned = rank(now.verdict) > rank(before.verdict);
    // A figure that was let off the limit by a tolerance is held against that alone.
    if turned && now.tolerance.is_none() {
        return true;
    }
    let (Some(old), Some(new)) = (&before.measured, &now.measured) else {
        return turned || (before.measured.is_some() && now.measured.is_none());
    };
    let (Some(from), Some(to)) = (before.margin, now.margin) else { return turned };
    let allowed = old.uncertainty + new.uncertainty + now.tolerance.unwrap_or(0.0);
    now.verdict != Verdict::Pass && from - to > allowed + 1e-9 * from.abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria::Basis;
    use crate::report::{CriteriaEntry, DesignEntry, MeasuredEntry, error_entry};
    use crate::units::Unit;

    fn report(verdict: Verdict, value: f64) -> Report {
        let check = CheckEntry {
            id: "porosity".to_owned(),
            title: String::new(),
            criterion: 4,
            requirement: String::new(),
            measure: None,
            region: None,
            tolerance: None,
            min: Some(0.9),
            max: None,
            verdict,
            measured: Some(MeasuredEntry { value, unit: Unit::One, uncertainty: 0.001, range: None }),
            margin: Some(value - 0.9),
            required: true,
            gates: verdict == Verdict::Fail,
            basis: Basis::Review,
            source: String::new(),
            reason: None,
            advice: None,
            at_um: None,
            library: false,
            baseline: None,
        };
        let entry = error_entry("a".to_owned(), "a.stl".to_owned(), "", String::new(), None);
        let verdict = if verdict == Verdict::Fail { DesignVerdict::Fail } else { DesignVerdict::Pass };
        let design = DesignEntry { verdict: Some(verdict), errors: Vec::new(), checks: vec![check], ..entry };
        let criteria = CriteriaEntry { name: "review".to_owned(), title: String::new(), source: String::new() };
        Report::new(vec![criteria], vec![design])
    }

    #[test]
    fn only_what_got_worse_gates() {
        for (old, new, expected) in [
            (report(Verdict::Fail, 0.85), report(Verdict::Fail, 0.85), DesignVerdict::Pass),
            (report(Verdict::Fail, 0.85), report(Verdict::Fail, 0.8495), DesignVerdict::Pass),
            (report(Verdict::Fail, 0.85), report(Verdict::Fail, 0.83), DesignVerdict::Fail),
            (report(Verdict::Pass, 0.91), report(Verdict::Fail, 0.85), DesignVerdict::Fail),
            (report(Verdict::Fail, 0.85), report(Verdict::Pass, 0.91), DesignVerdict::Pass),
        ] {
            let judged = against_baseline(new, &old);
            assert_eq!(judged.designs[0].verdict, Some(expected));
            assert_eq!(judged.verdict, Some(expected));
        }
        // A tolerance is added to both uncertainties, on either side of the limit.
        let tolerant = |value, tolerance| {
            let mut new = report(Verdict::Fail, value);
            new.designs[0].checks[0].tolerance = Some(tolerance);
            new
        };
        for (old, new, expected) in [
            (report(Verdict::Fail, 0.85), tolerant(0.83, 0.02), DesignVerdict::Pass),
            (report(Verdict::Fail, 0.85), tolerant(0.83, 0.01), DesignVerdict::Fail),
            (report(Verdict::Pass, 0.905), tolerant(0.895, 0.009), DesignVerdict::Pass),
            (report(Verdict::Pass, 0.905), tolerant(0.895, 0.007), DesignVerdict::Fail),
        ] {
            assert_eq!(against_baseline(new, &old).verdict, Some(expected));
        }
        let unknown = against_baseline(report(Verdict::Fail, 0.85), &Report::new(Vec::new(), Vec::new()));
        assert_eq!(unknown.verdict, Some(DesignVerdict::Fail));
    }
}
