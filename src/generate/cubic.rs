//! Cubic lattices of square struts as one clean surface, and 0/90 stacks of square filaments.
//!
//! The space is cut by planes into boxes that are solid or void; every face between them becomes two triangles. With
//! strut width t and cell L, u = t/L, the porosity of the infinite lattice is 1 − 3u² + 2u³.

use super::{Fault, GenerateError};
use crate::mesh::{Mesh, V3};

/// A cubic lattice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cubic {
    /// Clear width of a pore between struts, in µm.
    pub pore: f64,
    /// Width of the struts, in µm.
    pub strut: f64,
    /// Number of cells along each axis.
    pub cells: usize,
}

impl Cubic {
    /// Strut width for a porosity of the lattice of n cells with struts on all its outer edges, at a given pore.
    ///
    /// # Errors
    /// When the porosity is not between 0 and 1.
    pub fn with_porosity(pore: f64, porosity: f64, cells: usize) -> Result<Self, GenerateError> {
        if !(porosity > 0.02 && porosity < 0.999) {
            return Err(GenerateError(format!(
                "a porosity of {porosity} cannot be made: choose one between 0.02 and 0.999"
            )));
        }
        let of = |strut: f64| Self { pore, strut, cells }.porosity();
        let (mut low, mut high) = (1e-6 * pore, 100.0 * pore);
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if of(middle) > porosity { low = middle } else { high = middle }
        }
        Ok(Self { pore, strut: low, cells })
    }

    /// Porosity in the box round the lattice.
    #[must_use]
    pub fn porosity(&self) -> f64 {
        let n = self.cells as f64;
        let side = n * self.pore + (n + 1.0) * self.strut;
        // Bars along one axis: (n + 1)² of them, full length; those of the others only between.
        let nodes = (n + 1.0).powi(3) * self.strut.powi(3);
        let between = 3.0 * (n + 1.0).powi(2) * n * self.strut.powi(2) * self.pore;
        1.0 - (nodes + between) / side.powi(3)
    }

    /// The mesh, with a fault when asked.
    #[must_use]
    pub fn mesh(&self, fault: Option<Fault>) -> Mesh {
        // Planes at the faces of the struts and, for faults, of what lies inside struts and pores.
        let mut planes = vec![0.0];
        let mut kinds = Vec::new();
        let inner = |cut: Fault, f: [f64; 3]| if fault == Some(cut) { f.to_vec() } else { vec![1.0] };
        for i in 0..=self.cells {
            let start = i as f64 * (self.pore + self.strut);
            for f in inner(Fault::ClosedPores, [0.25, 0.75, 1.0]) {
                planes.push(start + f * self.strut);
                kinds.push(if f == 0.75 { Slot::Core } else { Slot::Skin });
            }
            if i < self.cells {
                for f in inner(Fault::Islands, [0.4, 0.6, 1.0]) {
                    planes.push(start + self.strut + f * self.pore);
                    kinds.push(if f == 0.6 { Slot::Middle } else { Slot::Gap });
                }
            }
        }
        let in_strut = |s: Slot| matches!(s, Slot::Skin | Slot::Core);
        let n = kinds.len();
        let solid = |x: usize, y: usize, z: usize| {
            let s = [kinds[x], kinds[y], kinds[z]];
            let walls = s.iter().filter(|k| in_strut(**k)).count();
            if walls >= 2 {
                // Hollow between the nodes: the core of a strut in the middle part of a pore's length.
                let hollow = fault == Some(Fault::ClosedPores)
                    && walls == 2
                    && s.iter().all(|k| matches!(k, Slot::Core | Slot::Gap | Slot::Middle));
                return !hollow;
            }
            fault == Some(Fault::Islands) && s == [Slot::Middle; 3] && (x / 4 + y / 4 + z / 4).is_multiple_of(3)
        };
        boxes([&planes, &planes, &planes], [n, n, n], solid)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Skin,
    Core,
    Gap,
    Middle,
}

/// A stack of layers of square filaments, alternately along x and y, as one clean surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stack {
    /// Width and height of a filament, in µm.
    pub filament: f64,
    /// Clear width between filaments of a layer, in µm.
    pub gap: f64,
    /// Filaments in a layer.
    pub filaments: usize,
    /// Number of layers.
    pub layers: usize,
}

impl Stack {
    /// Porosity in the box round the stack.
    #[must_use]
    pub fn porosity(&self) -> f64 {
        let n = self.filaments as f64;
        1.0 - n * self.filament / (n * self.filament + (n - 1.0) * self.gap)
    }

    /// The mesh.
    #[must_use]
    pub fn mesh(&self) -> Mesh {
        let mut planes = vec![0.0];
        for i in 0..self.filaments {
            let start = i as f64 * (self.filament + self.gap);
            if i > 0 {
                planes.push(start);
            }
            planes.push(start + self.filament);
        }
        let n = planes.len() - 1;
        let levels: Vec<f64> = (0..=self.layers).map(|i| i as f64 * self.filament).collect();
        let solid =
            |x: usize, y: usize, z: usize| if z.is_multiple_of(2) { y.is_multiple_of(2) } else { x.is_multiple_of(2) };
        boxes([&planes, &planes, &levels], [n, n, self.layers], solid)
    }
}

/// The surface between solid and void boxes of a rectilinear grid.
fn boxes(planes: [&[f64]; 3], n: [usize; 3], solid: impl Fn(usize, usize, usize) -> bool) -> Mesh {
    let at = |c: [isize; 3]| {
        (0..3).all(|a| (0..n[a] as isize).contains(&c[a])) && solid(c[0] as usize, c[1] as usize, c[2] as usize)
    };
    let mut triangles: Vec<[V3; 3]> = Vec::new();
    for z in 0..n[2] as isize {
        for y in 0..n[1] as isize {
            for x in 0..n[0] as isize {
                if !at([x, y, z]) {
                    continue;
                }
                for axis in 0..3 {
                    for up in [0isize, 1] {
                        let mut next = [x, y, z];
                        next[axis] += 2 * up - 1;
                        if at(next) {
                            continue;
                        }
                        // The four corners of the face, counter-clockwise from outside.
                        let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
                        let corner = |du: isize, dv: isize| {
                            let mut c = [x, y, z];
                            c[axis] += up;
                            c[u] += du;
                            c[v] += dv;
                            V3::from_fn(|a, _| planes[a][c[a] as usize])
                        };
                        let mut quad = [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)];
                        if up == 0 {
                            quad.reverse();
                        }
                        triangles.push([quad[0], quad[1], quad[2]]);
                        triangles.push([quad[0], quad[2], quad[3]]);
                    }
                }
            }
        }
    }
    Mesh::weld(&triangles).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::solid::SolidMesh;
    use crate::parallel::Exec;

    #[test]
    fn the_lattice_is_sound_and_has_its_porosity() {
        let lattice = Cubic::with_porosity(600.0, 0.9, 3).unwrap();
        assert!((lattice.porosity() - 0.9).abs() < 1e-9);
        let solid = SolidMesh::new(lattice.mesh(None), &Exec::silent(1).unwrap()).unwrap();
        assert!(solid.separate());
        let side = 3.0 * lattice.pore + 4.0 * lattice.strut;
        assert!((1.0 - solid.volume().unwrap() / side.powi(3) - 0.9).abs() < 1e-9);
        assert_eq!(solid.shells.shells.len(), 1);
    }

    #[test]
    fn faults_are_what_they_say() {
        let lattice = Cubic { pore: 600.0, strut: 150.0, cells: 3 };
        let exec = Exec::silent(1).unwrap();
        let hollow = SolidMesh::new(lattice.mesh(Some(Fault::ClosedPores)), &exec).unwrap();
        assert_eq!(hollow.shells.shells.iter().filter(|s| s.volume < 0.0).count(), 3 * 16 * 3);
        let islands = SolidMesh::new(lattice.mesh(Some(Fault::Islands)), &exec).unwrap();
        assert_eq!(islands.shells.shells.iter().filter(|s| s.volume > 0.0).count(), 1 + 9);
    }

    #[test]
    fn the_stack_has_its_porosity() {
        let stack = Stack { filament: 100.0, gap: 400.0, filaments: 4, layers: 6 };
        let solid = SolidMesh::new(stack.mesh(), &Exec::silent(1).unwrap()).unwrap();
        let side = 4.0 * 100.0 + 3.0 * 400.0;
        let porosity = 1.0 - solid.volume().unwrap() / (side * side * 600.0);
        assert!((porosity - stack.porosity()).abs() < 1e-9);
    }
}
