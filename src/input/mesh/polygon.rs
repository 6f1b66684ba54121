//! Faces of more than three corners as triangles: ears are cut off one by one (Meisters 1975), so that faces that are
//! not convex keep their shape. O(corners²) where an ear is soon found, O(corners³) at the worst.

use crate::mesh::V3;

/// The corners of the triangles of a face, as positions in it. A face without area gives a fan.
#[must_use]
pub fn triangulate(corners: &[V3]) -> Vec<[usize; 3]> {
    let n = corners.len();
    // Newell's normal: right for any flat polygon.
    let normal: V3 = (0..n).map(|i| corners[i].cross(&corners[(i + 1) % n])).sum();
    let mut left: Vec<usize> = (0..n).collect();
    let mut triangles = Vec::new();
    let turn = |a: usize, b: usize, c: usize| (corners[b] - corners[a]).cross(&(corners[c] - corners[b])).dot(&normal);
    while left.len() > 3 {
        let m = left.len();
        let ear = (0..m).find(|&k| {
            let (a, b, c) = (left[(k + m - 1) % m], left[k], left[(k + 1) % m]);
            turn(a, b, c) > 0.0
                && left.iter().all(|&p| {
                    p == a || p == b || p == c || turn(a, b, p) < 0.0 || turn(b, c, p) < 0.0 || turn(c, a, p) < 0.0
                })
        });
        let k = ear.unwrap_or(1);
        triangles.push([left[(k + m - 1) % m], left[k], left[(k + 1) % m]]);
        left.remove(k);
    }
    if let [a, b, c] = left[..] {
        triangles.push([a, b, c]);
    }
    triangles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(corners: &[V3]) -> f64 {
        triangulate(corners)
            .iter()
            .map(|t| (corners[t[1]] - corners[t[0]]).cross(&(corners[t[2]] - corners[t[0]])).z / 2.0)
            .inspect(|a| assert!(*a > 0.0, "every triangle turns the same way"))
            .sum()
    }

    #[test]
    fn a_face_that_is_not_convex_keeps_its_area() {
        let flat = |points: &[[f64; 2]]| -> Vec<V3> { points.iter().map(|p| V3::new(p[0], p[1], 3.0)).collect() };
        // An L, a dart whose fan from the first corner would reach outside, a square.
        let l = flat(&[[0.0, 0.0], [3.0, 0.0], [3.0, 1.0], [1.0, 1.0], [1.0, 2.0], [0.0, 2.0]]);
        assert!((area(&l) - 4.0).abs() < 1e-12);
        let dart = flat(&[[2.0, 0.0], [0.0, 3.0], [-2.0, 0.0], [0.0, 1.0]]);
        assert!((area(&dart) - 4.0).abs() < 1e-12);
        assert_eq!(triangulate(&flat(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])).len(), 2);
    }
}
