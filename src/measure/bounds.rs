//! Bounds of the stiffness of a sample: what it is under uniform strain and under uniform stress of all its faces.
//!
//! The first is an upper bound of the effective tensor, the second a lower one where neighbours are cut alike; with more
//! cells in the sample they close on each other (Hazanov & Huet 1994, doi:10.1016/0022-5096(94)90022-1). The modulus between
//! plates lies between them. A stress that the solid cannot bear by itself, since no piece of it leads from face to face or
//! its forces turn a piece over, has no lower bound but nothing, and a finding says so.

use nalgebra::Matrix6;

use super::details::Tensor;
use super::fields::{AXES, FieldNeeds, taken};
use super::figure::{Figure, Figures};
use super::stiffness::{FLOOR, POISSON};
use crate::design::{Finding, Severity, Study, StudyError};
use crate::parallel::Exec;
use crate::solver::elastic::level::Hold;
use crate::solver::elastic::solid::Shares;
use crate::solver::elastic::stiffness::Body;
use crate::units::Unit;

/// Adds the moduli and the tensors of the bounds that are wanted.
pub(super) fn measure(
    study: &Study<'_>,
    shares: &Shares,
    needs: &FieldNeeds,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), StudyError> {
    if needs.bound {
        upper(study, shares, exec, out)?;
    }
    if needs.lower {
        lower(study, shares, exec, out)?;
    }
    Ok(())
}

/// Under uniform strain of all faces.
fn upper(study: &Study<'_>, shares: &Shares, exec: &Exec, out: &mut Figures) -> Result<(), StudyError> {
    let Some(mut body) = Body::new(shares, Hold::All, POISSON, exec)? else { return Ok(()) };
    let c = body.bound(exec)?;
    let method = format!("finite elements on {}, uniform strain of all faces: an upper bound of E*/Es", taken(study));
    if let Some(s) = c.try_inverse() {
        (0..3).for_each(|a| add(&format!("stiffness.bound.{}", AXES[a]), 1.0 / s[(a, a)], &method, out));
    }
    add_tensor("stiffness.bound", &c, method, out);
    Ok(())
}

/// Under uniform stress of all faces.
fn lower(study: &Study<'_>, shares: &Shares, exec: &Exec, out: &mut Figures) -> Result<(), StudyError> {
    let bears = match Body::new(shares, Hold::Free, POISSON, exec)? {
        Some(mut body) => body.under_uniform_stress(exec)?,
        None => return Ok(()),
    };
    let method = format!(
        "finite elements on {}, uniform stress on all faces, spread over their solid: a lower bound of E*/Es where neighbours \
         are cut alike",
        taken(study)
    );
    let mut without = Vec::new();
    for (axis, own) in AXES.iter().zip(&bears.own) {
        match own {
            Some(s) => add(&format!("stiffness.bound.lower.{axis}"), 1.0 / s, &method, out),
            None => without.push(*axis),
        }
    }
    if let Some(c) = bears.whole.and_then(nalgebra::Matrix::try_inverse) {
        add_tensor("stiffness.bound.lower", &c, method, out);
    }
    if !without.is_empty() {
        let message = format!(
            "the sample cannot bear uniform stress along {} by itself: there is no lower bound of its stiffness but nothing",
            without.join(", ")
        );
        out.findings.push(Finding::new("stiffness.no_lower_bound", Severity::Info, message));
    }
    Ok(())
}

fn add(id: &str, e: f64, method: &str, out: &mut Figures) {
    out.add(id, Figure::new(e, Unit::One, method).floor(FLOOR * e));
}

fn add_tensor(id: &str, c: &Matrix6<f64>, method: String, out: &mut Figures) {
    let value = (0..6).map(|i| (0..6).map(|j| c[(i, j)]).collect()).collect();
    out.details.tensors.insert(id.to_owned(), Tensor { unit: Unit::One, value, method });
}
