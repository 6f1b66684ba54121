//! Stiffness and first-failure strength of the solid relative to its material, by finite elements.
//!
//! Of a repeating cell the homogenised tensor, and moduli along the axes from its inverse; of a sample the apparent modulus
//! between plates without friction. Strength is the mean stress at which 2 % of the solid are beyond the strength of the
//! material, after Pistoia et al. 2002 (doi:10.1016/S8756-3282(02)00736-6), over that strength.

use nalgebra::{Matrix3, Matrix6, Vector6};

use super::details::Tensor;
use super::fields::{AXES, Ends, Failure, FieldNeeds, from_end_to_end, resolved_along, taken, two_valued};
use super::figure::{Figure, Figures};
use super::{bounds, compliance};
use crate::design::{Finding, Severity, Study, StudyError, moved_in};
use crate::grid::Border;
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::solver::elastic::level::Hold;
use crate::solver::elastic::solid::Shares;
use crate::solver::elastic::stiffness::{Body, Displacements, Stress};
use crate::units::{Unit, significant};

/// Poisson ratio of the solid; that of a lattice hardly depends on it.
pub(super) const POISSON: f64 = 0.3;

/// Share of the solid beyond its strength at which the body fails.
const BEYOND: f64 = 0.02;

/// Solid share of a voxel from which on its stress counts: in slivers it is no stress of the material.
const FULL: f64 = 0.5;

/// Part of the value by which it may be off whatever two resolutions say.
pub(super) const FLOOR: f64 = 0.01;

/// Share of the solid that hangs on nothing from which on it is worth a finding.
const LEFT: f64 = 1e-3;

pub(super) fn measure(
    study: &Study<'_>,
    distance: &[f32],
    ends: &Ends,
    needs: &FieldNeeds,
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), StudyError> {
    let frame = study.frame();
    let border = study.field.border;
    let shares = if two_valued(study) {
        Shares::of_mask(frame, border, &study.solid, limits, exec)?
    } else {
        Shares::of_field(frame, border, distance, &study.inside, limits, exec)?
    };
    // Solid of a single voxel neither bends nor buckles as it would: its figure would be off by several times.
    let thin = [0, 1, 2].map(|a| {
        let leads = || !from_end_to_end(study, &study.solid, a, exec).is_empty();
        needs.told && !resolved_along(study, &study.solid, a, exec) && leads()
    });
    let wanted = |a: usize| ends.axes[a] && (needs.stiffness[a] || needs.strength[a]);
    (0..3).filter(|a| wanted(*a) && thin[*a]).for_each(|a| unresolved(a, out));
    // The tensor of a repeating cell is of all axes.
    if border == Border::Periodic && thin.contains(&true) {
        return Ok(());
    }
    let wanted = |a: usize| wanted(a) && !thin[a];
    if border == Border::Periodic {
        let Some(mut body) = Body::new(&shares, Hold::Periodic, POISSON, exec)? else {
            (0..3).filter(|a| wanted(*a)).for_each(|a| nothing_carries(a, out));
            return Ok(());
        };
        left_out(body.left_out, out);
        let (c, fields, _) = body.homogenised(exec)?;
        let whole = c.diagonal().amax();
        let Some(s) = (c + Matrix6::identity() * (1e-9 * whole)).try_inverse() else { return Ok(()) };
        for a in (0..3).filter(|a| wanted(*a)) {
            let e = 1.0 / s[(a, a)];
            // What the trace added to the diagonal gives is nothing.
            if e < 1e-7 * whole {
                nothing_carries(a, out);
                continue;
            }
            let method = format!("homogenised by finite elements on {}, repeating cell; E*/Es", taken(study));
            modulus(a, e, &method, out);
            if needs.strength[a] {
                // Strains under a stress along the axis alone, of size 1.
                let mean = s.column(a).into_owned();
                let mut u: Displacements = vec![[0.0; 3]; fields[0].len()];
                for (field, e) in fields.iter().zip(mean.iter()) {
                    for (u, f) in u.as_flattened_mut().iter_mut().zip(field.as_flattened()) {
                        *u += e * f;
                    }
                }
                strength(study, a, &body.stresses(&u, &mean, exec), 1.0, needs.failure, out);
            }
        }
        let value = (0..6).map(|i| (0..6).map(|j| c[(i, j)]).collect()).collect();
        let method =
            format!("homogenised elasticity over Es, order xx yy zz yz xz xy; finite elements on {}", taken(study));
        out.details.tensors.insert("stiffness.relative".to_owned(), Tensor { unit: Unit::One, value, method });
        if needs.stiffness == [true; 3] {
            let zener = 2.0 * (c[(3, 3)] + c[(4, 4)] + c[(5, 5)])
                / (c[(0, 0)] + c[(1, 1)] + c[(2, 2)] - c[(0, 1)] - c[(0, 2)] - c[(1, 2)]);
            let method = "2 C44 / (C11 − C12) of the mean cubic tensor: 1 when equally stiff in all directions";
            out.add("stiffness.zener", Figure::new(zener, Unit::One, method).floor(FLOOR * zener.abs()));
            let carried = (0..3).all(|a| 1.0 / s[(a, a)] >= 1e-7 * whole);
            if carried {
                directions(&s, &format!("homogenised by finite elements on {}, repeating cell", taken(study)), out);
            }
        }
        return Ok(());
    }
    for a in (0..3).filter(|a| wanted(*a)) {
        let Some(mut body) = Body::new(&shares, Hold::Plates(a), POISSON, exec)? else {
            nothing_carries(a, out);
            continue;
        };
        left_out(body.left_out, out);
        let (e, u, _) = body.between_plates(a, exec)?;
        let method =
            format!("finite elements on {}, pressed between plates without friction; apparent E*/Es", taken(study));
        modulus(a, e * ends.fill, &method, out);
        if needs.strength[a] {
            strength(study, a, &body.stresses(&u, &Vector6::zeros(), exec), e * ends.fill, needs.failure, out);
        }
    }
    if ends.axes == [true; 3] && thin == [false; 3] {
        bounds::measure(study, &shares, needs, exec, out)?;
    }
    Ok(())
}

/// Adds what the compliance `s` says beyond the axes: shear moduli, Poisson's ratios, the stiffest and the softest
/// direction.
fn directions(s: &Matrix6<f64>, method: &str, out: &mut Figures) {
    for (k, (a, b)) in compliance::PLANES.into_iter().enumerate() {
        let g = compliance::shear(s, k);
        let plane = format!("{}{}", AXES[a], AXES[b]);
        let figure = Figure::new(g, Unit::One, format!("shear modulus over Young's modulus of the solid; {method}"));
        out.add(format!("stiffness.relative.shear_{plane}"), figure.floor(FLOOR * g));
        for (pulled, across) in [(a, b), (b, a)] {
            let nu = compliance::poisson(s, pulled, across);
            let method = format!("narrowing along {} under a pull along {}; {method}", AXES[across], AXES[pulled]);
            let id = format!("stiffness.poisson.{}{}", AXES[pulled], AXES[across]);
            out.add(id, Figure::new(nu, Unit::One, method).floor(FLOOR));
        }
    }
    for (id, greatest) in [("stiffest", true), ("softest", false)] {
        let n = compliance::extreme(s, greatest);
        let e = compliance::young(s, &n);
        let method = format!("E*/Es along ({:.2}, {:.2}, {:.2}), of all directions; {method}", n.x, n.y, n.z);
        out.add(format!("stiffness.relative.{id}"), Figure::new(e, Unit::One, method).floor(FLOOR * e));
    }
}

/// Apparent modulus along an axis, relative to that of the material, of what is left when `depth` µm are gone from every
/// surface; 0 where nothing leads through, `None` where the body has no faces to press. `field` has the distances to the
/// surface without caps.
///
/// # Errors
/// When it does not converge or does not fit the memory budget, or the run was cancelled.
pub fn remaining(
    study: &Study<'_>,
    field: &[f32],
    depth: f64,
    axis: usize,
    limits: &Limits,
    exec: &Exec,
) -> Result<Option<f64>, StudyError> {
    if Ends::of(study, &mut Figures::default()).is_none_or(|ends| !ends.axes[axis]) {
        return Ok(None);
    }
    let (frame, border) = (study.frame(), study.field.border);
    let eroded = moved_in(frame, field, depth, limits, exec)?;
    let shares = Shares::of_field(frame, border, &eroded, &study.inside, limits, exec)?;
    drop(eroded);
    let hold = if border == Border::Periodic { Hold::Periodic } else { Hold::Plates(axis) };
    let Some(mut body) = Body::new(&shares, hold, POISSON, exec)? else { return Ok(Some(0.0)) };
    if border == Border::Open {
        return Ok(Some(body.between_plates(axis, exec)?.0));
    }
    Ok(Some(body.modulus_along(axis, exec)?.0))
}

fn modulus(axis: usize, e: f64, method: &str, out: &mut Figures) {
    out.add(format!("stiffness.relative.{}", AXES[axis]), Figure::new(e, Unit::One, method).floor(FLOOR * e));
}

fn nothing_carries(axis: usize, out: &mut Figures) {
    let message = format!("no solid leads from face to face along {}: it carries nothing", AXES[axis]);
    out.findings.push(Finding::new("stiffness.nothing_carries", Severity::Warning, message));
}

fn unresolved(axis: usize, out: &mut Figures) {
    let message = format!(
        "the solid that leads through along {} is a single voxel wide at its narrowest, which resolves no strut: use a finer \
         --flow-resolution, or a finer scan",
        AXES[axis]
    );
    out.findings.push(Finding::new("stiffness.unresolved", Severity::Warning, message));
}

fn left_out(share: f64, out: &mut Figures) {
    let known = out.findings.iter().any(|f| f.kind == "stiffness.loose_solid");
    if share > LEFT && !known {
        let message = format!(
            "{} % of the solid hang on nothing that carries: they are left out of stiffness and strength",
            significant(100.0 * share, 2)
        );
        out.findings.push(Finding::new("stiffness.loose_solid", Severity::Warning, message));
    }
}

/// Adds the strength along an axis: `stresses` are those under a mean stress of size `mean` along it.
fn strength(study: &Study<'_>, axis: usize, stresses: &[Stress], mean: f64, failure: Failure, out: &mut Figures) {
    let effort = |s: &[f64; 6]| match failure {
        Failure::Yields => von_mises(s),
        Failure::Cracks => {
            let [xx, yy, zz, yz, xz, xy] = *s;
            // Pressed along the axis: the fields are those of tension, of the other sign.
            let principal = Matrix3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz).symmetric_eigenvalues();
            (-principal.min() * 10.0).max(principal.max())
        }
    };
    let mut efforts: Vec<(f64, f64, u32)> =
        stresses.iter().filter(|s| s.share >= FULL).map(|s| (effort(&s.stress), s.share, s.voxel)).collect();
    efforts.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
    let all: f64 = efforts.iter().map(|e| e.1).sum();
    let mut beyond = 0.0;
    let Some(level) = efforts.iter().find(|e| {
        beyond += e.1;
        beyond >= BEYOND * all
    }) else {
        return;
    };
    if level.0 <= 0.0 {
        return;
    }
    let value = mean / level.0;
    let rule = match failure {
        Failure::Yields => "von Mises",
        Failure::Cracks => "tension beyond a tenth of the compressive strength, or compression beyond it",
    };
    let id = format!("strength.relative.{}", AXES[axis]);
    let method = format!(
        "mean compression at which 2 % of the solid are beyond the strength of the material ({rule}), over that strength; \
         finite elements on {}",
        taken(study)
    );
    out.add(id.clone(), Figure::new(value, Unit::One, method).floor(0.02 * value));
    if let Some(first) = efforts.first() {
        out.places.insert(id, study.frame().centre(study.frame().voxel(first.2 as usize)));
    }
}

fn von_mises(s: &[f64; 6]) -> f64 {
    let [xx, yy, zz, yz, xz, xy] = *s;
    let normal = (xx - yy).powi(2) + (yy - zz).powi(2) + (zz - xx).powi(2);
    (normal / 2.0 + 3.0 * (yz * yz + xz * xz + xy * xy)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn von_mises_is_the_stress_in_tension_and_root_three_shears() {
        assert!((von_mises(&[2.0, 0.0, 0.0, 0.0, 0.0, 0.0]) - 2.0).abs() < 1e-12);
        assert!((von_mises(&[0.0, 0.0, 0.0, 1.0, 0.0, 0.0]) - 3f64.sqrt()).abs() < 1e-12);
        assert!(von_mises(&[5.0, 5.0, 5.0, 0.0, 0.0, 0.0]).abs() < 1e-12);
    }
}
