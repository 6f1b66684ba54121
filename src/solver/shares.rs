//! The share of a face or a voxel on the positive side of a plane: what a surface between grid lines leaves of it.

/// The share of a square of side 1 on the positive side of a line: `middle` is the value at its centre, `slope` the change
/// of the value across it along either side.
#[must_use]
pub fn of_square(middle: f32, slope: [f32; 2]) -> f32 {
    let (a, b) = (slope[0].abs().max(slope[1].abs()), slope[0].abs().min(slope[1].abs()));
    let reach = (a + b) / 2.0;
    if middle >= reach || a == 0.0 {
        return f32::from(u8::from(middle > 0.0));
    }
    if middle <= -reach {
        return 0.0;
    }
    // Of the lesser side; the other half is its complement.
    let d = reach - middle.abs();
    let small = if d <= b { d * d / (2.0 * a * b) } else { (d - b / 2.0) / a };
    if middle > 0.0 { 1.0 - small } else { small }
}

/// The share of a cube of side 1 on the positive side of a plane; see [`of_square`].
#[must_use]
pub fn of_cube(middle: f32, slope: [f32; 3]) -> f32 {
    // In one order, so that the axes may change places without a bit of difference.
    let mut slope = slope.map(f32::abs);
    slope.sort_unstable_by(f32::total_cmp);
    let sum: f32 = slope.iter().map(|s| s.abs()).sum();
    if middle.abs() >= sum / 2.0 {
        return f32::from(u8::from(middle > 0.0));
    }
    // A slope of nearly nothing is taken as very little: the closed form divides by it.
    let m = slope.map(|s| f64::from(s.abs().max(2e-3 * sum)));
    let d = m.iter().sum::<f64>() / 2.0 - f64::from(middle.abs());
    let cube = |v: f64| v.max(0.0).powi(3);
    // The corner that the plane cuts off, less what of it lies beyond the cube.
    let beyond: f64 = m.iter().map(|s| cube(d - s)).sum();
    let twice = cube(d - m[0] - m[1]) + cube(d - m[0] - m[2]) + cube(d - m[1] - m[2]);
    let small = ((cube(d) - beyond + twice) / (6.0 * m[0] * m[1] * m[2])).clamp(0.0, 0.5) as f32;
    if middle > 0.0 { 1.0 - small } else { small }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_cut_squares_and_cubes_as_counted_points_say() {
        let cases =
            [(0.1f32, [0.3f32, 0.8, 0.0]), (-0.2, [0.9, 0.1, 0.4]), (0.4, [-0.5, 0.5, 0.7]), (0.05, [0.0, 1.0, 0.1])];
        for (middle, slope) in cases {
            let n = 120;
            let at = |k: usize| (k as f32 + 0.5) / n as f32 - 0.5;
            let square = (0..n * n).filter(|k| middle + slope[0] * at(k % n) + slope[1] * at(k / n) > 0.0).count();
            let truth = square as f32 / (n * n) as f32;
            let got = of_square(middle, [slope[0], slope[1]]);
            assert!((got - truth).abs() < 1e-2, "{middle} {slope:?}: {got} {truth}");
            let cube = (0..n * n * n)
                .filter(|k| {
                    let v = [k % n, k / n % n, k / n / n].map(at);
                    middle + (0..3).map(|a| slope[a] * v[a]).sum::<f32>() > 0.0
                })
                .count();
            let truth = cube as f32 / (n * n * n) as f32;
            let got = of_cube(middle, slope);
            assert!((got - truth).abs() < 5e-3, "{middle} {slope:?}: {got} {truth}");
        }
        assert_eq!(of_square(1.0, [0.1, 0.1]), 1.0);
        assert_eq!(of_cube(-1.0, [0.1, 0.1, 0.1]), 0.0);
        assert_eq!(of_cube(0.1, [0.0; 3]), 1.0);
    }
}
