//! Advice on a judged design, and its verification: the changed design is measured and judged as the design was.

use std::collections::BTreeMap;

use super::plan::plan;
use super::run::{Run, measure_design};
use crate::advice::{Advice, Change, Question, advise, apply, fine_step};
use crate::criteria::Check;
use crate::design::{Design, Options, StudyError};
use crate::measure::Measurement;
use crate::parallel::{Cancelled, Exec};
use crate::report::{AdviceEntry, VerifiedEntry, advice_entry, design_entry};
use crate::units::Length;

/// Advice on a design; what stands in the way of it is no reason not to report the design. The advice for each failed
/// check is put into it.
pub(super) fn advice(
    design: &Design,
    options: &Options,
    run: &Run,
    measurements: &BTreeMap<String, Measurement>,
    checks: &mut [Check],
    exec: &Exec,
) -> Result<Option<AdviceEntry>, Cancelled> {
    let Some(advice) = ask(design, options, run, measurements, checks, exec)? else { return Ok(None) };
    for check in checks.iter_mut() {
        if let Some(text) = advice.checks.get(&check.rule.id) {
            check.advice = Some(text.clone());
        }
    }
    let mut entry = advice_entry(&advice);
    if let (Some(change), true) = (&advice.change, run.verify_advice) {
        entry.verified = Some(verify(design, change, options, run, exec)?);
    }
    Ok(Some(entry))
}

/// The advice itself.
pub(super) fn ask(
    design: &Design,
    options: &Options,
    run: &Run,
    measurements: &BTreeMap<String, Measurement>,
    checks: &[Check],
    exec: &Exec,
) -> Result<Option<Advice>, Cancelled> {
    let Some(criteria) = run.criteria.as_ref().map(|c| c.made(&run.making)) else { return Ok(None) };
    let mut needs = plan(&run.measures, Some(&criteria), &run.making, false).needs;
    // How a region answers to a change is not predicted: its checks are measured again, with --verify-advice at once.
    needs.zones.clear();
    let question = Question {
        design,
        options,
        cut: run.cut,
        criteria: &criteria,
        strict: run.strict,
        making: &run.making,
        needs: &needs,
        measurements,
        checks,
    };
    match advise(&question, &run.limits, exec) {
        Ok(advice) => Ok(advice),
        Err(StudyError::Cancelled(c)) => Err(c),
        Err(_) => Ok(None),
    }
}

fn verify(
    design: &Design,
    change: &Change,
    options: &Options,
    run: &Run,
    exec: &Exec,
) -> Result<VerifiedEntry, Cancelled> {
    exec.stage("verifying the advice")?;
    // A grid that was asked for grows with the design.
    let scaled = |length: Length| Length::from_um(length.um() * change.scale);
    let resolution = run.resolution.map(scaled);
    let run = Run { resolution, timeline: None, pictures: false, verify_advice: false, ..run.clone() };
    let step = fine_step(design, change.offset);
    let outcome = apply(design, change, options, step, run.cut, &run.limits, exec)
        .and_then(|changed| measure_design(&changed, &run, exec).map(|(measured, checks)| (changed, measured, checks)));
    match outcome {
        Ok((changed, measured, checks)) => {
            let judged = run.criteria.as_ref().map(|criteria| (criteria, run.strict, checks));
            Ok(VerifiedEntry::of(&design_entry(String::new(), String::new(), &changed, measured, judged)))
        }
        Err(StudyError::Cancelled(c)) => Err(c),
        Err(e) => Ok(VerifiedEntry {
            verdict: None,
            conclusion: e.to_string(),
            checks: BTreeMap::new(),
            measurements: BTreeMap::new(),
        }),
    }
}
