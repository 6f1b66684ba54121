//! A section through a block: which phase each point of it is in, and how wide the pore there is.

use super::Block;

/// Points along each side of a sample.
const FINER: usize = 2;

/// A point of a section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Point {
    /// Void outside of the envelope.
    Outside,
    /// Solid.
    Solid,
    /// Void in a pore of this diameter in µm; 0 where it was not measured.
    Void(f32),
}

/// A section across an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The axis that it is perpendicular to: 0 for x.
    pub axis: usize,
    /// Where it lies along the axis, in µm of the input's frame.
    pub at_um: f64,
    /// Points across and up.
    pub size: [usize; 2],
    /// Row after row from the top.
    pub points: Vec<Point>,
}

impl Section {
    /// The section across `axis` through the samples of this number. Between the samples the distance to the surface is
    /// interpolated; a point takes its diameter from the sample of its own phase that weighs most.
    #[must_use]
    pub fn of(block: &Block, axis: usize, number: usize) -> Self {
        let frame = &block.frame;
        let [across, up] = axes(axis);
        let (low, high) = block.bounds;
        let fine = [across, up].map(|a| frame.spacing[a]).into_iter().fold(f64::INFINITY, f64::min) / FINER as f64;
        let size = [across, up].map(|a| (((high[a] - low[a]) / fine).round() as usize).max(1));
        // For each column and row: the lower sample, the next, and the weight of the next.
        let line = |a: usize, points: usize| -> Vec<(usize, usize, f64)> {
            let last = frame.size[a] - 1;
            (0..points)
                .map(|p| {
                    let at = low[a] + (p as f64 + 0.5) / points as f64 * (high[a] - low[a]);
                    let s = ((at - frame.origin[a]) / frame.spacing[a]).clamp(0.0, last as f64);
                    let i = (s as usize).min(last.saturating_sub(1));
                    (i, (i + 1).min(last), s - i as f64)
                })
                .collect()
        };
        let (columns, rows) = (line(across, size[0]), line(up, size[1]));
        let mut points = Vec::with_capacity(size[0] * size[1]);
        for &(v0, v1, wv) in rows.iter().rev() {
            for &(u0, u1, wu) in &columns {
                let corner = |u: usize, v: usize, weight: f64| {
                    let mut sample = [number; 3];
                    (sample[across], sample[up]) = (u, v);
                    (frame.index(sample[0], sample[1], sample[2]), weight)
                };
                let corners = [
                    corner(u0, v0, (1.0 - wu) * (1.0 - wv)),
                    corner(u1, v0, wu * (1.0 - wv)),
                    corner(u0, v1, (1.0 - wu) * wv),
                    corner(u1, v1, wu * wv),
                ];
                let distance: f64 = corners.iter().map(|&(i, w)| w * f64::from(block.distance[i])).sum();
                points.push(if distance < 0.0 {
                    Point::Solid
                } else {
                    let void = corners.iter().filter(|(i, _)| block.distance[*i] >= 0);
                    let best = void.fold((0, -1.0), |best, &(i, w)| if w > best.1 { (i, w) } else { best });
                    let diameter = block.diameter[best.0];
                    if diameter < 0.0 { Point::Outside } else { Point::Void(diameter) }
                });
            }
        }
        let mut at = [0; 3];
        at[axis] = number;
        Self { axis, at_um: frame.centre(at)[axis], size, points }
    }
}

/// The axes across and up of a section, as a drawing shows them: y and z, x and z, x and y.
#[must_use]
pub fn axes(axis: usize) -> [usize; 2] {
    match axis {
        0 => [1, 2],
        1 => [0, 2],
        _ => [0, 1],
    }
}
