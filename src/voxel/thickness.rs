//! Local thickness: for every voxel of a phase the largest ball inside the phase that covers it.
//!
//! After Hildebrand & Rüegsegger 1997 (doi:10.1046/j.1365-2818.1997.1340694.x). The balls are the maximal balls of the
//! ridge, painted in falling order of radius. Voxels that these miss, in crevices finer than the grid, take the ball
//! that grows from their own foot until the interpolated distance no longer follows.

use std::sync::atomic::AtomicU32;

use super::distance::DistanceField;
use super::paint::{BARE, Canvas};
use super::ridge::{Ball, Phase};
use crate::grid::{Border, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;

/// Whether it is wanted which ball covers each voxel, or only how many voxels each ball covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owners {
    /// For each voxel its ball: 4 bytes a voxel.
    Each,
    /// Counts alone.
    Counts,
}

/// Balls and what each of them covers.
#[derive(Clone, Debug)]
pub struct Cover<'a> {
    balls: &'a [Ball],
    more: Vec<Ball>,
    counts: Vec<u32>,
    /// For each voxel of the target the number of its ball, [`BARE`] elsewhere; empty when only counts were wanted.
    pub owner: Vec<u32>,
}

impl Cover<'_> {
    /// The balls with the number of voxels that each covers.
    pub fn balls(&self) -> impl Iterator<Item = (&Ball, u32)> {
        self.balls.iter().chain(&self.more).zip(self.counts.iter().copied())
    }

    /// Diameter of the ball that covers a voxel, in µm; 0 where none does. Only where the owners were wanted.
    #[must_use]
    pub fn diameter(&self, voxel: usize) -> f32 {
        match self.owner.get(voxel) {
            None | Some(&BARE) => 0.0,
            Some(&owner) => {
                let n = owner as usize;
                2.0 * self.balls.get(n).unwrap_or_else(|| &self.more[n - self.balls.len()]).radius
            }
        }
    }
}

/// The maximal balls of a phase, and for each voxel of the domain the one with the greatest `key` that covers it. With
/// the radius as key this is the local thickness.
///
/// # Errors
/// When the fields do not fit the memory budget.
pub fn cover<'a>(
    field: &DistanceField,
    phase: Phase,
    domain: &Mask,
    balls: &'a [Ball],
    key: impl Fn(&Ball) -> f32 + Sync,
    owners: Owners,
    limits: &Limits,
    exec: &Exec,
) -> Result<Cover<'a>, LimitError> {
    cover_noting(field, phase, domain, balls, key, &[], owners, limits, exec).map(|found| found.0)
}

/// As [`cover`]; and for each of `stops` the voxels that no ball with a key of that or more covers.
///
/// # Errors
/// When the fields do not fit the memory budget.
pub fn cover_noting<'a>(
    field: &DistanceField,
    phase: Phase,
    domain: &Mask,
    balls: &'a [Ball],
    key: impl Fn(&Ball) -> f32 + Sync,
    stops: &[f32],
    owners: Owners,
    limits: &Limits,
    exec: &Exec,
) -> Result<(Cover<'a>, Vec<Mask>), LimitError> {
    let voxels = if owners == Owners::Each { field.frame.len() } else { 0 };
    let mut owner = limits.try_vec("the thickness field", voxels, BARE)?;
    let mut canvas = Canvas::new(&field.frame, field.border, domain, field.slack, exec);
    let mut counts = Vec::new();
    let mut paint = |canvas: &mut Canvas, balls: &[Ball], first: u32, stops: &[f32]| {
        let order = falling(balls, &key, exec);
        let each: Vec<AtomicU32> = balls.iter().map(|_| AtomicU32::new(0)).collect();
        let mut noted = Vec::new();
        let mut from = 0;
        for stop in stops.iter().map(Some).chain([None]) {
            let to = stop.map_or(order.len(), |stop| order.partition_point(|&b| key(&balls[b as usize]) >= *stop));
            let owner = (owners == Owners::Each).then_some(&mut owner[..]);
            canvas.paint(balls, &order[from..to.max(from)], first, &each, owner, limits, exec)?;
            from = to.max(from);
            if stop.is_some() {
                let mut bare = Mask::empty(field.frame.size);
                canvas.bare(|[x, y, z]| bare.insert(x, y, z));
                noted.push(bare);
            }
        }
        counts.extend(each.into_iter().map(AtomicU32::into_inner));
        Ok(noted)
    };
    // The widest first, as the balls are.
    let mut widest: Vec<(f32, usize)> = stops.iter().copied().zip(0..).collect();
    widest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let falling_stops: Vec<f32> = widest.iter().map(|s| s.0).collect();
    let noted = paint(&mut canvas, balls, 0, &falling_stops)?;
    let mut bare = Vec::new();
    canvas.bare(|voxel| bare.push(voxel));
    let more: Vec<Ball> = exec.map_items(&bare, |&voxel| grow(field, phase, voxel));
    let noted_more = paint(&mut canvas, &more, balls.len() as u32, &falling_stops)?;
    let mut masks = vec![Mask::empty([0; 3]); stops.len()];
    for (((_, place), mut mask), left) in widest.into_iter().zip(noted).zip(noted_more) {
        for &[x, y, z] in bare.iter().filter(|v| !left.get(v[0], v[1], v[2])) {
            mask.remove(x, y, z);
        }
        masks[place] = mask;
    }
    Ok((Cover { balls, more, counts, owner }, masks))
}

/// Balls that have a positive key, the greatest key first, of equals the largest.
fn falling(balls: &[Ball], key: &(impl Fn(&Ball) -> f32 + Sync), exec: &Exec) -> Vec<u32> {
    let mut order: Vec<(u32, u32, u32)> = Vec::with_capacity(balls.len());
    order.extend(balls.iter().zip(0u32..).filter_map(|(ball, b)| {
        let key = key(ball);
        // Positive floats order as their bits.
        (key > 0.0).then_some((!key.to_bits(), !ball.radius.to_bits(), b))
    }));
    exec.sort(&mut order);
    order.into_iter().map(|item| item.2).collect()
}

fn grow(field: &DistanceField, phase: Phase, voxel: [usize; 3]) -> Ball {
    let index = field.frame.index(voxel[0], voxel[1], voxel[2]);
    let p = field.local(voxel);
    let q = field.foot(field.nearest[index], &p);
    let d = (p - q).norm();
    let h = field.frame.coarsest();
    let mut t = 0.0;
    if d > 1e-6 * h {
        let n = (p - q) / d;
        while let Some(value) = interpolate(field, &(p + n * (t + 0.5 * h))) {
            if value * phase.sign() < d + t + 0.35 * h {
                break;
            }
            t += 0.5 * h;
        }
    }
    let c = if d > 1e-6 * h { p + (p - q) * (t / d) } else { p };
    Ball {
        centre: [c.x as f32, c.y as f32, c.z as f32],
        // A voxel on the surface itself has a ball of its own size, not of none.
        radius: (d + t).max(1e-3 * h) as f32,
        voxel: index as u32,
        contact: 1.0,
    }
}

/// The distance field between voxels, by trilinear interpolation; `None` outside an open frame.
fn interpolate(field: &DistanceField, c: &V3) -> Option<f64> {
    let mut low = [0; 3];
    let mut high = [0; 3];
    let mut weight = [0.0; 3];
    for a in 0..3 {
        let n = field.frame.size[a];
        let mut s = c[a] / field.frame.spacing[a];
        match field.border {
            Border::Periodic => s = s.rem_euclid(n as f64),
            Border::Open if s < 0.0 || s > n as f64 - 1.0 => return None,
            Border::Open => {}
        }
        let i = (s.floor() as usize).min(n - 1);
        low[a] = i;
        high[a] = match field.border {
            Border::Periodic => (i + 1) % n,
            Border::Open => (i + 1).min(n - 1),
        };
        weight[a] = s - i as f64;
    }
    let mut sum = 0.0;
    for corner in 0..8 {
        let pick = |a: usize| if corner >> a & 1 == 1 { (high[a], weight[a]) } else { (low[a], 1.0 - weight[a]) };
        let (x, y, z) = (pick(0), pick(1), pick(2));
        sum += x.1 * y.1 * z.1 * f64::from(field.values[field.frame.index(x.0, y.0, z.0)]);
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Frame;
    use crate::mesh::shapes;
    use crate::voxel::inside::inside;
    use crate::voxel::ridge::ridge;

    #[test]
    fn what_is_noted_as_bare_has_no_ball_of_that_key() {
        let mesh = shapes::join(&[
            shapes::cuboid([3.3, 4.1, 2.2], [9.9, 21.0, 8.6]),
            shapes::cuboid([15.2, 3.0, 4.0], [22.4, 9.1, 25.3]),
            shapes::sphere([18.0, 19.5, 12.0], 4.2, 9),
        ]);
        let frame = Frame { size: [31, 25, 29], spacing: [1.0; 3], origin: [0.25, -0.5, 0.125] };
        let (exec, limits) = (Exec::silent(2).unwrap(), Limits { memory: 1 << 30 });
        let solid = inside(&frame, &mesh, true, &exec);
        let corner = |v: V3| std::array::from_fn(|a| (v[a] - frame.origin[a]) as f32);
        let facets = (0..mesh.triangles.len()).map(|t| mesh.corners(t).map(corner)).collect();
        let field = DistanceField::new(frame, Border::Open, facets, &solid, &limits, &exec).unwrap();
        let mut void = Mask::full(frame.size);
        void.subtract(&solid);
        let balls = ridge(&field, &void, &exec).balls;
        // Open on one side, behind a throat of radius 2.5 in the middle, out of reach beyond.
        let key = |ball: &Ball| match ball.voxel % 31 {
            0..10 => ball.radius,
            10..20 => ball.radius.min(2.5),
            _ => 0.0,
        };
        let stops = [2.0, 3.0];
        let (found, bare) =
            cover_noting(&field, Phase::Void, &void, &balls, key, &stops, Owners::Each, &limits, &exec).unwrap();
        let keys: Vec<f32> = found.balls().map(|(ball, _)| key(ball)).collect();
        for (stop, bare) in stops.iter().zip(&bare) {
            let mut left = 0;
            for (i, owner) in found.owner.iter().enumerate() {
                let [x, y, z] = frame.voxel(i);
                let expected = void.get(x, y, z) && keys.get(*owner as usize).is_none_or(|key| key < stop);
                assert_eq!(bare.get(x, y, z), expected, "{x} {y} {z}");
                left += u32::from(expected);
            }
            assert!((100..20_000).contains(&left), "{left}");
        }
    }
}
