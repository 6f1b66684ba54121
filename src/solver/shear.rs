//! Shear stress on the walls of a slow flow.
//!
//! The wall is looked at from each voxel of void no further than a voxel from it: these fill a shell of even thickness, so
//! that each stands for the same area. From the foot of the perpendicular the velocity along the wall is read one and two
//! voxels into the fluid, between the faces of the grid (trilinear, 0 beyond walls), and with 0 on the wall itself the
//! parabola through the three gives the slope: |τ| / μ = |4 u(h) − u(2h)| / 2h. Where the void is not wide enough for two
//! voxels the slope of the first alone counts.
//!
//! Exact between parallel plates but for what the flow itself is off (test). O(voxels near walls).

use super::flow::Channel;
use crate::grid::Border;
use crate::mesh::V3;
use crate::parallel::Exec;

/// Velocities on the faces across each axis.
pub struct Velocities<'a> {
    /// Values for x, y, z.
    pub values: [&'a [f32]; 3],
    /// Faces along x, y, z of each.
    pub size: [[usize; 3]; 3],
}

impl Velocities<'_> {
    /// The velocity at a place in voxels from the centre of voxel (0, 0, 0).
    fn at(&self, place: [f64; 3], border: Border) -> V3 {
        V3::from_fn(|a, _| {
            let size = self.size[a];
            let mut low = [[0usize; 2]; 3];
            let mut weight = [0.0; 3];
            for b in 0..3 {
                // Faces lie half a voxel before the centres along their own axis.
                let s = place[b] + if a == b { 0.5 } else { 0.0 };
                let n = size[b] as f64;
                let s = match border {
                    Border::Periodic => s.rem_euclid(n),
                    Border::Open => s.clamp(0.0, n - 1.0),
                };
                let i = (s.floor() as usize).min(size[b] - 1);
                let next = match border {
                    Border::Periodic => (i + 1) % size[b],
                    Border::Open => (i + 1).min(size[b] - 1),
                };
                low[b] = [i, next];
                weight[b] = s - i as f64;
            }
            let mut sum = 0.0;
            for corner in 0..8usize {
                let pick = |b: usize| corner >> b & 1;
                let part = |b: usize| if pick(b) == 1 { weight[b] } else { 1.0 - weight[b] };
                let i = low[0][pick(0)] + size[0] * (low[1][pick(1)] + size[1] * low[2][pick(2)]);
                sum += part(0) * part(1) * part(2) * f64::from(self.values[a][i]);
            }
            sum
        })
    }
}

/// |τ| / μ at places that stand for equal areas of the wall, in the unit of the velocities per µm.
#[must_use]
pub fn on_walls(channel: &Channel<'_>, velocities: &Velocities<'_>, exec: &Exec) -> Vec<f32> {
    let frame = &channel.frame;
    let n = frame.size;
    let h = frame.coarsest();
    let wrap = channel.border == Border::Periodic;
    let planes = exec.map(n[2], |z| {
        let mut found = Vec::new();
        for y in 0..n[1] {
            channel.keep.runs(y, z, |from, to| {
                for x in from..to {
                    let distance = f64::from(channel.distance[frame.index(x, y, z)]);
                    if distance <= 0.0 || distance > h {
                        continue;
                    }
                    let slope = gradient(channel, [x, y, z], wrap);
                    let length = slope.norm();
                    // Between two walls there is no foot.
                    if length < 0.3 {
                        continue;
                    }
                    let normal = slope / length;
                    let at = |off: f64| {
                        let place: [f64; 3] = std::array::from_fn(|a| {
                            [x, y, z][a] as f64 + normal[a] * (off - distance) / frame.spacing[a]
                        });
                        let u = velocities.at(place, channel.border);
                        u - normal * u.dot(&normal)
                    };
                    let (near, far) = (at(h), at(2.0 * h));
                    let second = wide(channel, [x, y, z], &normal, 2.0 * h - distance, 1.5 * h);
                    let slope = if second { (near * 4.0 - far) / (2.0 * h) } else { near / h };
                    found.push(slope.norm() as f32);
                }
            });
        }
        found
    });
    planes.concat()
}

/// Gradient of the distance at a voxel; one-sided at the rim of an open grid.
fn gradient(channel: &Channel<'_>, voxel: [usize; 3], wrap: bool) -> V3 {
    let frame = &channel.frame;
    V3::from_fn(|a, _| {
        let n = frame.size[a];
        let (mut low, mut high) = (voxel, voxel);
        let mut steps = 0.0;
        if voxel[a] > 0 || wrap {
            low[a] = (voxel[a] + n - 1) % n;
            steps += 1.0;
        }
        if voxel[a] + 1 < n || wrap {
            high[a] = (voxel[a] + 1) % n;
            steps += 1.0;
        }
        let at = |v: [usize; 3]| f64::from(channel.distance[frame.index(v[0], v[1], v[2])]);
        if steps == 0.0 { 0.0 } else { (at(high) - at(low)) / (steps * frame.spacing[a]) }
    })
}

/// Whether the wall is at least `least` away from the voxel nearest to a place.
fn wide(channel: &Channel<'_>, voxel: [usize; 3], normal: &V3, off: f64, least: f64) -> bool {
    let frame = &channel.frame;
    let mut at = [0; 3];
    for a in 0..3 {
        let place = (voxel[a] as f64 + normal[a] * off / frame.spacing[a]).round();
        let n = frame.size[a] as f64;
        let place = if channel.border == Border::Periodic { place.rem_euclid(n) } else { place.clamp(0.0, n - 1.0) };
        at[a] = place as usize;
    }
    f64::from(channel.distance[frame.index(at[0], at[1], at[2])]) >= least
}
