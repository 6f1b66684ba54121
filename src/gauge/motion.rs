//! A rigid motion, and a design moved by it.
//!
//! A mesh moves corner by corner. A volume is sampled anew in the frame that it is moved into, on voxels of its own
//! spacing, over the body that it is to be measured in: grey levels are interpolated linearly between the eight voxels
//! round a place, which smooths noise a little; a volume of two values takes the one that it is nearer to. Beyond the
//! volume its outermost voxels go on. O(voxels of the body).

use nalgebra::{Matrix3, Rotation3};

use crate::design::{Binarised, Design, Envelope, Solid, StudyError};
use crate::grid::{Frame, Levels};
use crate::limits::Limits;
use crate::mesh::solid::SolidMesh;
use crate::mesh::{Mesh, V3};
use crate::parallel::Exec;

/// Voxels of a sampled volume beyond the body on each side.
const MARGIN: f64 = 2.0;

/// A rotation about a point, then a shift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Motion {
    /// The rotation.
    pub(super) rotation: Rotation3<f64>,
    /// The point that it leaves where it is, in the frame of what is moved.
    pub(super) about: V3,
    /// The shift.
    pub(super) shift: V3,
}

impl Motion {
    /// No motion.
    pub(super) fn none() -> Self {
        Self::shifted(V3::zeros(), V3::zeros())
    }

    /// A rotation about the origin.
    pub(super) fn turning(turn: Matrix3<f64>) -> Self {
        Self { rotation: Rotation3::from_matrix_unchecked(turn), ..Self::none() }
    }

    pub(super) fn shifted(about: V3, shift: V3) -> Self {
        Self { rotation: Rotation3::identity(), about, shift }
    }

    /// Whether it turns.
    pub(super) fn turns(&self) -> bool {
        self.rotation != Rotation3::identity()
    }

    /// Where a point goes.
    pub(super) fn apply(&self, p: &V3) -> V3 {
        // Written so that a mere shift is exact.
        if self.turns() { self.about + self.shift + self.rotation * (p - self.about) } else { p + self.shift }
    }

    /// Where a point came from.
    pub(super) fn back(&self, p: &V3) -> V3 {
        let p = p - self.shift;
        if self.turns() { self.about + self.rotation.inverse() * (p - self.about) } else { p }
    }

    /// A mesh moved.
    pub(super) fn mesh(&self, mesh: &Mesh) -> Mesh {
        Mesh { vertices: mesh.vertices.iter().map(|v| self.apply(v)).collect(), triangles: mesh.triangles.clone() }
    }

    /// Rotation vector in degrees: along the axis, as long as the angle.
    pub(super) fn degrees(&self) -> V3 {
        self.rotation.scaled_axis().map(|a| a.to_degrees() + 0.0)
    }
}

/// A design moved into the frame of a body, and to be measured in it; `None` where its grid does not hold all of the body,
/// but for a voxel.
///
/// # Errors
/// When a field does not fit the memory budget, or the run was cancelled.
pub(super) fn moved(
    design: &Design,
    motion: &Motion,
    envelope: &Envelope,
    limits: &Limits,
    exec: &Exec,
) -> Result<Option<Design>, StudyError> {
    let solid = match &design.solid {
        Solid::Mesh(solid) => Solid::Mesh(Box::new(SolidMesh::new(motion.mesh(&solid.mesh), exec)?)),
        Solid::Volume { frame, levels, phases } => {
            if !holds(frame, motion, envelope) {
                return Ok(None);
            }
            exec.stage("turning the volume")?;
            let (low, high) = (envelope.body.low, envelope.body.high);
            let size: [usize; 3] = std::array::from_fn(|a| {
                ((high[a] - low[a]) / frame.spacing[a] + 2.0 * MARGIN).ceil().max(1.0) as usize
            });
            let origin = std::array::from_fn(|a| {
                f64::midpoint(low[a], high[a]) - (size[a] as f64 - 1.0) / 2.0 * frame.spacing[a]
            });
            let to = Frame { size, spacing: frame.spacing, origin };
            limits.check("the turned volume", to.len() as u64, 8)?;
            let levels = sampled(frame, levels, phases, motion, &to, exec);
            exec.checkpoint()?;
            Solid::Volume { frame: to, levels, phases: *phases }
        }
    };
    let (source, findings) = (design.source.clone(), design.findings.clone());
    Ok(Some(Design { source, solid, envelope: envelope.clone(), findings }))
}

/// Whether a grid holds all of a body, but for a voxel.
fn holds(frame: &Frame, motion: &Motion, envelope: &Envelope) -> bool {
    let (low, high) = frame.bounds();
    let body = &envelope.body;
    (0..8).all(|k| {
        let corner = V3::from_fn(|a, _| if k >> a & 1 == 1 { body.high[a] } else { body.low[a] });
        let p = motion.back(&corner);
        (0..3).all(|a| low[a] - frame.spacing[a] <= p[a] && p[a] <= high[a] + frame.spacing[a])
    })
}

/// The levels of a volume at the voxels of another frame.
fn sampled(frame: &Frame, levels: &Levels, phases: &Binarised, motion: &Motion, to: &Frame, exec: &Exec) -> Levels {
    let [nx, ny, nz] = to.size;
    let planes = exec.map(nz, |z| {
        let mut plane = Vec::new();
        for y in 0..ny {
            for x in 0..nx {
                let value = level(frame, levels, &motion.back(&V3::from(to.centre([x, y, z]))));
                plane.push(match *phases {
                    Binarised::Two(void, solid) => {
                        if phases.signed(value, 0.0) < 0.0 {
                            solid
                        } else {
                            void
                        }
                    }
                    _ => value,
                });
            }
        }
        plane
    });
    let all = planes.into_iter().flatten();
    match levels {
        Levels::U8(_) => Levels::U8(all.map(|v| v.round() as u8).collect()),
        Levels::U16(_) => Levels::U16(all.map(|v| v.round() as u16).collect()),
        Levels::F32(_) => Levels::F32(all.collect()),
    }
}

/// The level at a place, interpolated.
fn level(frame: &Frame, levels: &Levels, p: &V3) -> f32 {
    frame.interpolate((*p).into(), |i| f64::from(levels.get(i))).0 as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_motion_is_undone_by_its_reverse_and_a_shift_is_exact() {
        let rotation = Rotation3::new(V3::new(0.1, -0.2, 0.05));
        let motion = Motion { rotation, about: V3::new(100.0, -50.0, 7.0), shift: V3::new(3.0, 4.0, 5.0) };
        let p = V3::new(12.5, 900.25, -33.0);
        assert!((motion.back(&motion.apply(&p)) - p).norm() < 1e-10);
        assert!((motion.apply(&p) - p).norm() > 10.0, "it moves");
        let about = motion.about;
        assert!((motion.apply(&about) - about - motion.shift).norm() < 1e-12, "the centre is only shifted");
        let shift = Motion::shifted(about, V3::new(0.25, 0.5, -2.0));
        assert_eq!(shift.apply(&p), p + shift.shift);
    }

    #[test]
    fn a_linear_ramp_is_sampled_as_it_is() {
        // Linear interpolation gives a linear ramp back exactly, turned or not.
        let frame = Frame { size: [20, 20, 20], spacing: [10.0; 3], origin: [5.0; 3] };
        let ramp = |p: &V3| 2.0 * p.x - 0.5 * p.y + p.z;
        let levels =
            Levels::F32((0..frame.len()).map(|i| ramp(&V3::from(frame.centre(frame.voxel(i)))) as f32).collect());
        let motion = Motion {
            rotation: Rotation3::new(V3::new(0.05, 0.1, -0.08)),
            about: V3::new(100.0, 100.0, 100.0),
            shift: V3::new(7.0, -3.0, 2.0),
        };
        let to = Frame { size: [6, 5, 7], spacing: [10.0; 3], origin: [80.0, 85.0, 75.0] };
        let phases = Binarised::Above { threshold: 200.0, doubt: 0.0, inverted: false };
        let Levels::F32(found) = sampled(&frame, &levels, &phases, &motion, &to, &Exec::silent(2).unwrap()) else {
            panic!("the type of the levels is kept")
        };
        for (i, value) in found.iter().enumerate() {
            let truth = ramp(&motion.back(&V3::from(to.centre(to.voxel(i)))));
            assert!((f64::from(*value) - truth).abs() < 1e-3, "{value} against {truth}");
        }
        let two = sampled(&frame, &levels, &Binarised::Two(0.0, 400.0), &motion, &to, &Exec::silent(1).unwrap());
        assert!((0..two.len()).all(|i| two.get(i) == if found[i] > 200.0 { 400.0 } else { 0.0 }));
    }
}
