//! Vertices and faces as files of text and PLY hold them, checked and turned into triangles.

use super::polygon::triangulate;
use crate::input::{Content, InputError, InputErrorKind, Note, Read};
use crate::mesh::V3;

/// Corners that one face may have.
const MOST_CORNERS: usize = 10_000;

/// What has been read so far.
#[derive(Default)]
pub struct Faces {
    /// The vertices.
    pub vertices: Vec<V3>,
    triangles: Vec<[V3; 3]>,
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
        if let [a, b, c] = *numbers
            && self.triangle([a, b, c])
        {
            return Ok(());
        }
        self.corners.clear();
        for &number in numbers {
            let vertex = self.vertices.get(number).ok_or_else(|| {
                wrong(format!("has a face with vertex {number} (counted from 0), of {} vertices", self.vertices.len()))
            })?;
            self.corners.push(*vertex);
        }
        let cut = triangulate(&self.corners);
        self.triangles.extend(cut.into_iter().map(|t| t.map(|i| self.corners[i])));
        Ok(())
    }

    /// Adds a triangle by the numbers of its vertices; `false` when one of them is not there.
    #[inline]
    pub fn triangle(&mut self, [a, b, c]: [usize; 3]) -> bool {
        let all = &self.vertices;
        let (Some(a), Some(b), Some(c)) = (all.get(a), all.get(b), all.get(c)) else { return false };
        self.triangles.push([*a, *b, *c]);
        true
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
        Ok((Content::Mesh { triangles: self.triangles, unit: None }, notes))
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
