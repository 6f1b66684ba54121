//! Stiffness of a sample under uniform stress on all its faces.
//!
//! The body floats. On each face the stress pulls with the force that it would have on the whole face, through the middle of
//! the face: where the whole face is solid, evenly; where part of it is open, as the field a + b × r on the solid part that
//! has this force and no moment about the middle. So the forces on all six faces are in balance whatever the cut looks like,
//! and the mean stress is the given one. Work per volume is the compliance: S of the sample; its inverse lies below the
//! effective tensor where neighbours are cut alike (Hazanov & Huet 1994, doi:10.1016/0022-5096(94)90022-1).
//!
//! The equations have no unique solution, for the body may move as a whole: forces are in balance, and these motions are
//! taken out of every step ([`rigid`](super::rigid)). A piece that the forces do not leave in balance by itself, since it
//! meets one face only, say, cannot bear that stress.

use nalgebra::{Matrix3, Matrix6, Vector3, Vector6};

use super::stiffness::Body;
use crate::parallel::Exec;
use crate::solver::SolveError;
use crate::solver::conductor::OTHERS;
use crate::solver::vector::dot;

/// Part of the forces that may be out of balance for rounding.
const BALANCED: f64 = 1e-6;

/// What a sample is like under uniform stress.
#[derive(Clone, Debug, PartialEq)]
pub struct Compliance {
    /// Strain along each stress of size 1: the reciprocal moduli; `None` for what it cannot bear.
    pub own: [Option<f64>; 6],
    /// The whole compliance, relative to the modulus of the solid, where it bears all six stresses.
    pub whole: Option<Matrix6<f64>>,
}

/// A stress of size 1 as a tensor.
fn tensor(component: usize) -> Matrix3<f64> {
    let (a, b) = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)][component];
    let mut stress = Matrix3::zeros();
    (stress[(a, b)], stress[(b, a)]) = (1.0, 1.0);
    stress
}

/// A node on a face: which, the area of solid that it stands for, and its place from the middle of the face.
type OnFace = (usize, f64, Vector3<f64>);

impl Body {
    /// The nodes with solid on the face across `axis`, and the area of the whole face.
    fn face(&self, axis: usize, upper: bool) -> (Vec<OnFace>, f64) {
        let level = self.fine();
        let n = level.cells;
        let sides = Vector3::from(self.side);
        let others = OTHERS[axis];
        let quarter = others.iter().map(|a| sides[*a]).product::<f64>() / 4.0;
        let mut area = vec![0.0; level.place.len()];
        for (element, voxel) in level.elements.iter().zip(&level.voxel) {
            let i = *voxel as usize;
            let v = [i % n[0], i / n[0] % n[1], i / (n[0] * n[1])][axis];
            if v != if upper { n[axis] - 1 } else { 0 } {
                continue;
            }
            for (_, node) in element.nodes.iter().enumerate().filter(|(k, _)| (k >> axis & 1 == 1) == upper) {
                area[*node as usize] += f64::from(element.scale) * quarter;
            }
        }
        let mut middle = Vector3::from(n.map(|n| n as f64)).component_mul(&sides) / 2.0;
        middle[axis] = if upper { n[axis] as f64 * sides[axis] } else { 0.0 };
        let at = |node: usize| Vector3::from(level.place[node].map(f64::from)).component_mul(&sides) - middle;
        let nodes = area.iter().enumerate().filter(|(_, a)| **a > 0.0).map(|(node, a)| (node, *a, at(node))).collect();
        (nodes, others.iter().map(|a| n[*a] as f64 * sides[*a]).product())
    }

    /// The forces of each of the six stresses on all nodes; `None` for a stress that a face has nothing to bear with.
    fn tractions(&self) -> [Option<Vec<[f64; 3]>>; 6] {
        let nodes = self.fine().place.len();
        let mut loads: [Option<Vec<[f64; 3]>>; 6] = std::array::from_fn(|_| Some(vec![[0.0; 3]; nodes]));
        for (axis, upper) in (0..3).flat_map(|a| [(a, false), (a, true)]) {
            let (on, area) = self.face(axis, upper);
            // How the field a + b × r on the solid answers to force and moment.
            let mut gram = Matrix6::<f64>::zeros();
            for (_, weight, r) in &on {
                let turn = -r.cross_matrix();
                let mut own = nalgebra::Matrix3x6::zeros();
                own.fixed_columns_mut::<3>(0).copy_from(&Matrix3::identity());
                own.fixed_columns_mut::<3>(3).copy_from(&turn);
                gram += own.transpose() * own * *weight;
            }
            let inverse = gram.try_inverse();
            for (component, load) in loads.iter_mut().enumerate() {
                let normal = Vector3::ith(axis, if upper { 1.0 } else { -1.0 });
                let force = tensor(component) * normal * area;
                if force == Vector3::zeros() {
                    continue;
                }
                let (Some(forces), Some(inverse)) = (load.as_mut(), inverse) else {
                    *load = None;
                    continue;
                };
                let field = inverse * Vector6::new(force.x, force.y, force.z, 0.0, 0.0, 0.0);
                let (a, b) = (field.fixed_rows::<3>(0).into_owned(), field.fixed_rows::<3>(3).into_owned());
                for (node, weight, r) in &on {
                    let pull = (a + b.cross(r)) * *weight;
                    (0..3).for_each(|c| forces[*node][c] += pull[c]);
                }
            }
        }
        loads
    }

    /// The compliance under uniform stress of all faces, of a body that nothing holds.
    ///
    /// # Errors
    /// When it does not converge, or the run was cancelled.
    pub fn under_uniform_stress(&mut self, exec: &Exec) -> Result<Compliance, SolveError> {
        let mut fields = Vec::new();
        for load in self.tractions() {
            let Some((load, rigid)) = load.zip(self.rigid.as_ref()) else {
                fields.push(None);
                continue;
            };
            let mut balanced = load.clone();
            rigid.remove(&mut balanced, exec);
            let off: f64 = load.as_flattened().iter().zip(balanced.as_flattened()).map(|(a, b)| (a - b).powi(2)).sum();
            let size = dot(load.as_flattened(), load.as_flattened(), exec);
            if off > BALANCED * BALANCED * size {
                fields.push(None);
                continue;
            }
            let mut u = vec![[0.0; 3]; balanced.len()];
            self.solve(&balanced, &mut u, exec)?;
            fields.push(Some((balanced, u)));
        }
        let volume = self.volume;
        let work = |i: usize, j: usize| {
            let (load, _) = fields[i].as_ref()?;
            let (_, u) = fields[j].as_ref()?;
            Some(dot(load.as_flattened(), u.as_flattened(), exec) / volume)
        };
        let mut whole = Some(Matrix6::zeros());
        for i in 0..6 {
            for j in i..6 {
                // Each is the other's to the residual.
                whole = whole.zip(work(i, j).zip(work(j, i))).map(|(mut s, (a, b))| {
                    (s[(i, j)], s[(j, i)]) = ((a + b) / 2.0, (a + b) / 2.0);
                    s
                });
            }
        }
        Ok(Compliance { own: std::array::from_fn(|i| work(i, i)), whole })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Border, Frame};
    use crate::solver::elastic::brick::material;
    use crate::solver::elastic::level::Hold;
    use crate::solver::elastic::solid::Shares;

    /// A sample whose voxels have these solid shares, of 255.
    fn shares(size: [usize; 3], spacing: [f64; 3], f: impl Fn([usize; 3]) -> u8) -> Shares {
        let frame = Frame { size, spacing, origin: [0.0; 3] };
        let shares = (0..frame.len()).map(|i| f(frame.voxel(i))).collect();
        Shares { frame, border: Border::Open, shares }
    }

    fn held(shares: &Shares, hold: Hold, exec: &Exec) -> Option<Body> {
        Body::new(shares, hold, 0.3, exec).unwrap()
    }

    fn lower(shares: &Shares, exec: &Exec) -> Compliance {
        held(shares, Hold::Free, exec).unwrap().under_uniform_stress(exec).unwrap()
    }

    fn upper(shares: &Shares, exec: &Exec) -> Matrix6<f64> {
        held(shares, Hold::All, exec).unwrap().bound(exec).unwrap()
    }

    /// Young's moduli along the axes.
    fn moduli(c: &Matrix6<f64>) -> [f64; 3] {
        let s = c.try_inverse().unwrap();
        std::array::from_fn(|a| 1.0 / s[(a, a)])
    }

    #[test]
    fn a_solid_block_bears_uniform_stress_as_its_material() {
        let exec = Exec::silent(2).unwrap();
        let block = shares([7, 5, 6], [10.0, 15.0, 8.0], |_| 255);
        let c = lower(&block, &exec).whole.unwrap().try_inverse().unwrap();
        assert!((c - material(0.3)).amax() < 1e-6, "{c}");
        assert!((c - upper(&block, &exec)).amax() < 1e-6);
    }

    #[test]
    fn a_laminate_lies_between_reuss_and_voigt_in_the_order_of_what_holds_it() {
        // Layers across z, of the whole modulus and of a fifth of it.
        let exec = Exec::silent(2).unwrap();
        let layers = shares([10, 10, 12], [1.0; 3], |v| if v[2] / 3 % 2 == 0 { 255 } else { 51 });
        let (voigt, reuss) = ((1.0 + 0.2) / 2.0, 2.0 / (1.0 + 5.0));
        let free = lower(&layers, &exec);
        let c = free.whole.unwrap().try_inverse().unwrap();
        let (soft, stiff) = (moduli(&c), moduli(&upper(&layers, &exec)));
        for axis in 0..3 {
            let plates = held(&layers, Hold::Plates(axis), &exec).unwrap().between_plates(axis, &exec).unwrap().0;
            let order = [reuss, soft[axis], plates, stiff[axis], voigt];
            assert!(order.is_sorted_by(|a, b| *a <= b * (1.0 + 1e-6)), "{axis}: {order:?}");
            assert!((1.0 / free.own[axis].unwrap() / soft[axis] - 1.0).abs() < 1e-9);
        }
        // Across the layers the three differ: sides that are free, slip or are held.
        assert!(
            reuss < 0.999 * soft[2] && soft[2] < 0.999 * stiff[2] && stiff[0] < 1.001 * voigt,
            "{soft:?} {stiff:?}"
        );
    }

    /// A frame of struts along the three axes, four voxels wide in cells of ten, of so many cells along each axis.
    fn frame(cells: usize) -> Shares {
        let on = |c: usize| (3..7).contains(&(c % 10));
        shares([10 * cells; 3], [1.0; 3], move |v| {
            255 * u8::from((0..3).any(|a| (0..3).filter(|b| *b != a).all(|b| on(v[b]))))
        })
    }

    #[test]
    fn with_more_cells_the_bounds_close_on_the_endless_pattern() {
        let exec = Exec::silent(2).unwrap();
        let mut endless = frame(1);
        endless.border = Border::Periodic;
        let (c, ..) = held(&endless, Hold::Periodic, &exec).unwrap().homogenised(&exec).unwrap();
        let between = |cells: usize| {
            let sample = frame(cells);
            let free = lower(&sample, &exec).whole.unwrap();
            let all = upper(&sample, &exec);
            // Of shear as of tension: the bound of the one side is the inverse of the other's.
            let s = [c, all].map(|c| c.try_inverse().unwrap());
            for i in [0, 3] {
                let [low, whole, high] = [free[(i, i)], s[0][(i, i)], s[1][(i, i)]].map(f64::recip);
                assert!(low <= whole * (1.0 + 1e-4) && whole <= high * (1.0 + 1e-4), "{i}: {low} {whole} {high}");
            }
            s[1][(3, 3)].recip() / free[(3, 3)].recip() - 1.0
        };
        let gaps = [1, 2, 3].map(between);
        assert!(gaps[0] > 1.3 * gaps[1] && gaps[1] > 1.2 * gaps[2] && gaps[2] > 0.0, "{gaps:?}");
    }

    #[test]
    fn an_uneven_cut_is_balanced_and_turning_it_changes_nothing() {
        // A bent strut: the faces are cut in different places, so that an even pull would turn it over.
        let exec = Exec::silent(2).unwrap();
        let bent = |v: [usize; 3]| {
            let along = |c: usize| (c + 1) / 4;
            255 * u8::from((2 + along(v[2])..6 + along(v[2])).contains(&v[0]) && (3..8).contains(&v[1]))
        };
        let upright = shares([10, 10, 10], [1.0; 3], bent);
        let free = lower(&upright, &exec);
        // It meets the faces across z alone: it bears what pulls along z.
        let e = 1.0 / free.own[2].unwrap();
        assert!(free.whole.is_none() && free.own.iter().flatten().count() == 1, "{free:?}");
        let density = upright.density();
        let plates = held(&upright, Hold::Plates(2), &exec).unwrap().between_plates(2, &exec).unwrap().0;
        assert!(e > 0.0 && e < density && e < plates, "{e} {plates} {density}");
        let lying = shares([10, 10, 10], [1.0; 3], |v| bent([v[1], v[2], v[0]]));
        assert!((1.0 / lower(&lying, &exec).own[0].unwrap() / e - 1.0).abs() < 1e-5);
    }

    #[test]
    fn pieces_bear_what_leaves_each_of_them_in_balance() {
        // Four columns along z, and a stub that hangs from a face: the columns alone bear, and along z alone.
        let exec = Exec::silent(2).unwrap();
        let on = |c: usize| (1..4).contains(&c) || (12..15).contains(&c);
        let columns = shares([16, 16, 12], [1.0; 3], |v| {
            255 * u8::from(on(v[0]) && on(v[1]) || v[2] == 0 && (6..9).contains(&v[0]) && (6..9).contains(&v[1]))
        });
        let mut body = held(&columns, Hold::Free, &exec).unwrap();
        assert!(body.left_out > 0.0);
        let free = body.under_uniform_stress(&exec).unwrap();
        assert!((1.0 / free.own[2].unwrap() / (9.0 / 64.0) - 1.0).abs() < 1e-5, "{free:?}");
        assert!(free.own[0].is_none() && free.whole.is_none());
        // What leads from no face to the one opposite bears nothing at all.
        let island = shares([8; 3], [1.0; 3], |v| 255 * u8::from(v.iter().all(|c| *c < 4)));
        assert!(held(&island, Hold::Free, &exec).is_none());
    }
}
