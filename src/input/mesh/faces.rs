//! Vertices and faces as files of text and PLY hold them, checked and turned into triangles.

use super::polygon::triangulate;
use crate::input::{Content, InputError, InputErrorKind, Note, Read};
use crate::mesh::{Triangles, V3};

/// Corners that one face may have.
const MOST_CORNERS: usize = 10_000;

/// What has been read so far.
#[derive(Default)]
pub struct Faces {
    /// The vertices.
    pub vertices: Vec<V3>,
    triangles: Vec<[u32; 3]>,
    corners: Vec<V3>,
}

impl Faces {
    /// Adds a vertex; `at` says where in the file it stands.
    ///
    /// # Errors
    /// When a coordinate is not finite.
    pub fn vertex(&mut self, v: [f64; 3], at: impl Fn() -> String) -> Result<(), InputError> {
        if v.iter().all(|c| c.is_finite()) {
            self.vertices.push(V3::from(v));
            return Ok(());
        }
        Err(InputError::new(InputErrorKind::NonFinite, "has a coordinate that is not a number".to_owned())
            .at(at())
            .remedy("export the design again"))
    }

    /// Adds a face by the numbers of its vertices, from 0.
    ///
    /// # Errors
    /// When it names a vertex that is not there, or has too many corners.
    pub fn face(&mut self, numbers: &[usize], at: impl Fn() -> String) -> Result<(), InputError> {
        let wrong = |what: String| {
            InputError::new(InputErrorKind::Malformed, what).at(at()).remedy("export the design again as triangles")
        };
        if numbers.len() < 3 || numbers.len() > MOST_CORNERS {
            return Err(wrong(format!("has a face of {} corners", numbers.len())));
        }
        if let Some(number) = numbers.iter().find(|number| **number >= self.vertices.len().min(u32::MAX as usize)) {
            let count = self.vertices.len();
            return Err(wrong(format!("has a face with vertex {number} (counted from 0), of {count} vertices")));
        }
        if let [a, b, c] = *numbers {
            self.triangles.push([a, b, c].map(|number| number as u32));
            return Ok(());
        }
        self.corners.clear();
        self.corners.extend(numbers.iter().map(|&number| self.vertices[number]));
        let cut = triangulate(&self.corners);
        self.triangles.extend(cut.into_iter().map(|t| t.map(|i| numbers[i] as u32)));
        Ok(())
    }

    /// Adds a triangle by the numbers of its vertices; `false` when one of them is not there.
    #[inline]
    pub fn triangle(&mut self, numbers: [u32; 3]) -> bool {
        let there = numbers.iter().all(|&number| (number as usize) < self.vertices.len());
        if there {
            self.triangles.push(numbers);
        }
        there
    }

    /// Makes room for that many triangles.
    pub fn reserve(&mut self, triangles: usize) {
        self.triangles.reserve(triangles);
    }

    /// The mesh, in no unit.
    ///
    /// # Errors
    /// When there is no face.
    pub fn finish(self, notes: Vec<Note>) -> Read {
        if self.triangles.is_empty() {
            return Err(InputError::new(InputErrorKind::Empty, "has no faces".to_owned())
                .remedy("export a surface, not points or lines"));
        }
        let triangles = Triangles::Shared { corners: self.vertices, triangles: self.triangles };
        Ok((Content::Mesh { triangles, unit: None }, notes))
    }
}

/// A number of a line of text.
///
/// # Errors
/// When the word is missing or no number.
pub fn number(word: Option<&str>, at: impl Fn() -> String) -> Result<f64, InputError> {
    let word = word.unwrap_or("");
    word.parse().map_err(|_| {
        let remedy = if word.contains(',') {
            "numbers need a decimal point: export with an English number format"
        } else {
            "export the design again, or copy the file again"
        };
        let what = if word.is_empty() { "a number is missing".to_owned() } else { format!("`{word}` is not a number") };
        InputError::new(InputErrorKind::Malformed, what).at(at()).remedy(remedy)
    })
}
