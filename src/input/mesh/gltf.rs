//! glTF 2.0, packed (`.glb`) or as JSON with its buffers inside: the triangles of the meshes that a scene places by its
//! nodes. The unit of the format is the metre.
//!
//! Format: <https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html>.

use std::borrow::Cow;

use base64::Engine as _;
use serde::Deserialize;

use crate::input::{Content, InputError, InputErrorKind, Note, Read};
use crate::limits::Limits;
use crate::mesh::{TooManyVertices, Triangles, V3};
use crate::units::LengthUnit;

/// How deep nodes may hold nodes, and how many may be placed.
const DEEPEST: usize = 64;
const MOST_PLACED: usize = 1_000_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Document {
    scene: usize,
    scenes: Vec<Scene>,
    nodes: Vec<Node>,
    meshes: Vec<MeshEntry>,
    accessors: Vec<Accessor>,
    buffer_views: Vec<View>,
    buffers: Vec<Buffer>,
    extensions_required: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Scene {
    nodes: Vec<usize>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Node {
    children: Vec<usize>,
    mesh: Option<usize>,
    matrix: Option<[f64; 16]>,
    translation: Option<[f64; 3]>,
    rotation: Option<[f64; 4]>,
    scale: Option<[f64; 3]>,
}

#[derive(Deserialize)]
struct MeshEntry {
    primitives: Vec<Primitive>,
}

#[derive(Deserialize)]
struct Primitive {
    attributes: std::collections::BTreeMap<String, usize>,
    indices: Option<usize>,
    mode: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accessor {
    buffer_view: Option<usize>,
    #[serde(default)]
    byte_offset: usize,
    component_type: u32,
    count: usize,
    #[serde(rename = "type")]
    kind: String,
    sparse: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct View {
    buffer: usize,
    #[serde(default)]
    byte_offset: usize,
    byte_length: usize,
    byte_stride: Option<usize>,
}

#[derive(Deserialize)]
struct Buffer {
    uri: Option<String>,
}

/// Whether the file begins as one of the format.
#[must_use]
pub fn looks_like(data: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&data[..data.len().min(4096)]);
    let json = start.trim_start_matches('\u{feff}').trim_start();
    data.starts_with(b"glTF") || (json.starts_with('{') && json.contains("\"asset\"") && json.contains("\"version\""))
}

fn malformed(what: String) -> InputError {
    InputError::new(InputErrorKind::Malformed, what).remedy("export the design again")
}

fn unsupported(what: String) -> InputError {
    InputError::new(InputErrorKind::Unsupported, what).remedy("export it as one plain file (.glb), or as STL")
}

/// Columns of the upper three rows of a matrix.
type Matrix = [V3; 4];

#[inline(always)]
fn apply(m: &Matrix, p: &V3) -> V3 {
    m[0] * p.x + m[1] * p.y + m[2] * p.z + m[3]
}

/// The longest edge of the box around points.
fn across<'a>(points: impl Iterator<Item = &'a V3>) -> f64 {
    let nothing = (V3::repeat(f64::INFINITY), V3::repeat(f64::NEG_INFINITY));
    let (low, high) = points.fold(nothing, |(low, high), p| (low.inf(p), high.sup(p)));
    (high - low).max()
}

impl Node {
    fn matrix(&self) -> Matrix {
        if let Some(m) = self.matrix {
            return std::array::from_fn(|c| V3::new(m[4 * c], m[4 * c + 1], m[4 * c + 2]));
        }
        let [x, y, z, w] = self.rotation.unwrap_or([0.0, 0.0, 0.0, 1.0]);
        let turn = nalgebra::UnitQuaternion::from_quaternion(nalgebra::Quaternion::new(w, x, y, z));
        let scale = self.scale.unwrap_or([1.0; 3]);
        let column = |a: usize| turn * V3::ith(a, scale[a]);
        [column(0), column(1), column(2), V3::from(self.translation.unwrap_or([0.0; 3]))]
    }
}

/// Reads the triangles of the scene.
///
/// # Errors
/// When it is cut short, refers to what is not there, or is packed by an extension.
pub fn read(data: &[u8], limits: &Limits) -> Read {
    let (json, binary) = chunks(data)?;
    let document: Document = serde_json::from_slice(json).map_err(|e| {
        let kind = if e.is_eof() { InputErrorKind::Truncated } else { InputErrorKind::Malformed };
        InputError::new(kind, format!("is no whole glTF: {e}")).remedy("copy or export the file again")
    })?;
    if let Some(name) = document.extensions_required.first() {
        return Err(unsupported(format!("requires the extension {name}, which is not read")));
    }
    let mut buffers = Vec::new();
    for (k, buffer) in document.buffers.iter().enumerate() {
        buffers.push(match &buffer.uri {
            None if k == 0 => binary.map(Cow::Borrowed).ok_or_else(|| malformed("lacks its binary part".to_owned()))?,
            Some(uri) if uri.starts_with("data:") => {
                let text = uri.split_once("base64,").map_or("", |p| p.1);
                let decoded = base64::engine::general_purpose::STANDARD.decode(text);
                decoded.map(Cow::Owned).map_err(|e| malformed(format!("holds broken base64: {e}")))?
            }
            _ => return Err(unsupported("has its numbers in another file".to_owned())),
        });
    }
    let mut scene = Reader {
        document: &document,
        buffers,
        limits,
        corners: Vec::new(),
        triangles: Vec::new(),
        placed: 0,
        left_out: 0,
    };
    let identity = [V3::x(), V3::y(), V3::z(), V3::zeros()];
    let roots: Vec<usize> = match document.scenes.get(document.scene) {
        Some(scene) => scene.nodes.clone(),
        None => {
            let children: std::collections::BTreeSet<usize> =
                document.nodes.iter().flat_map(|n| n.children.iter().copied()).collect();
            (0..document.nodes.len()).filter(|n| !children.contains(n)).collect()
        }
    };
    roots.into_iter().try_for_each(|n| scene.node(n, &identity, 0))?;
    let Reader { corners, triangles, left_out, .. } = scene;
    if triangles.is_empty() {
        return Err(InputError::new(InputErrorKind::Empty, "has a scene without triangles".to_owned())
            .remedy("export a surface, not points or lines"));
    }
    let mut notes = Vec::new();
    if left_out > 0 {
        let message = format!("{left_out} sets of points, lines or strips were left out");
        notes.push(Note { kind: "file.left_out", message });
    }
    let mut size = across(corners.iter());
    if size > 1.0 {
        // Corners of no triangle do not count.
        size = across(triangles.iter().flatten().map(|&n| &corners[n as usize]));
    }
    if size > 1.0 {
        notes.push(Note {
            kind: "unit.implausible",
            message: format!(
                "glTF is in metres, so the design is {} m across; if its program wrote millimetres, say `--unit mm`",
                crate::units::significant(size, 3)
            ),
        });
    }
    let triangles = Triangles::Shared { corners, triangles };
    Ok((Content::Mesh { triangles, unit: Some(LengthUnit::Metre) }, notes))
}

/// The JSON and the binary part of a file.
fn chunks(data: &[u8]) -> Result<(&[u8], Option<&[u8]>), InputError> {
    if !data.starts_with(b"glTF") {
        return Ok((data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data), None));
    }
    let cut =
        || InputError::new(InputErrorKind::Truncated, "ends within a part".to_owned()).remedy("copy the file again");
    let word = |at: usize| -> Result<usize, InputError> {
        let bytes = data.get(at..at + 4).and_then(|b| b.try_into().ok()).ok_or_else(cut)?;
        Ok(u32::from_le_bytes(bytes) as usize)
    };
    if word(4)? != 2 {
        return Err(unsupported(format!("is glTF of the version {}, not 2", word(4)?)));
    }
    if word(8)? > data.len() {
        return Err(cut());
    }
    let json = data.get(20..20usize.saturating_add(word(12)?)).ok_or_else(cut)?;
    let at = 20 + json.len();
    if at + 8 > data.len() {
        return Ok((json, None));
    }
    let binary = data.get(at + 8..(at + 8).saturating_add(word(at)?)).ok_or_else(cut)?;
    Ok((json, Some(binary)))
}

struct Reader<'a> {
    document: &'a Document,
    buffers: Vec<Cow<'a, [u8]>>,
    limits: &'a Limits,
    corners: Vec<V3>,
    triangles: Vec<[u32; 3]>,
    placed: usize,
    left_out: usize,
}

impl Reader<'_> {
    fn node(&mut self, number: usize, outer: &Matrix, depth: usize) -> Result<(), InputError> {
        self.placed += 1;
        if depth > DEEPEST || self.placed > MOST_PLACED {
            return Err(malformed("has nodes of nodes without end".to_owned()));
        }
        let document = self.document;
        let node = document.nodes.get(number).ok_or_else(|| malformed(format!("lacks the node {number}")))?;
        let own = node.matrix();
        let mut placed: Matrix = own.map(|column| apply(outer, &column) - outer[3]);
        placed[3] += outer[3];
        if let Some(mesh) = node.mesh {
            let mesh = document.meshes.get(mesh).ok_or_else(|| malformed(format!("lacks the mesh {mesh}")))?;
            mesh.primitives.iter().try_for_each(|p| self.primitive(p, &placed))?;
        }
        node.children.iter().try_for_each(|&child| self.node(child, &placed, depth + 1))
    }

    fn primitive(&mut self, primitive: &Primitive, matrix: &Matrix) -> Result<(), InputError> {
        if primitive.mode.is_some_and(|m| m != 4) {
            self.left_out += 1;
            return Ok(());
        }
        let positions = primitive.attributes.get("POSITION").copied();
        let positions =
            self.items(positions.ok_or_else(|| malformed("has a mesh without positions".to_owned()))?, 3)?;
        let number = |b: &[u8; 12], k: usize| f64::from(f32::from_le_bytes([b[k], b[k + 1], b[k + 2], b[k + 3]]));
        let mut vertices: Vec<V3> = positions.each(|b| {
            let (x, y, z) = (number(b, 0), number(b, 4), number(b, 8));
            apply(matrix, &V3::new(x, y, z))
        });
        let from = self.corners.len();
        if u32::try_from(from + vertices.len()).is_err() {
            return Err(InputError::new(InputErrorKind::TooLarge, TooManyVertices.to_string()));
        }
        if vertices.iter().any(|v| !v.iter().all(|c| c.is_finite())) {
            return Err(InputError::new(InputErrorKind::NonFinite, "has a coordinate that is not a number".to_owned())
                .remedy("export the design again"));
        }
        let indices = primitive.indices.map(|i| self.items(i, 1)).transpose()?;
        let count = indices.as_ref().map_or(vertices.len(), Items::count);
        self.limits.check("the mesh", (self.triangles.len() + count / 3) as u64, size_of::<[V3; 3]>() as u64)?;
        let mut triangles = indices.map_or_else(|| in_turn(count), |items| items.triangles());
        let last = triangles.as_flattened().iter().copied().max().map_or(0, |n| n as usize);
        if last >= vertices.len() {
            return Err(malformed(format!("has a triangle with vertex {last}, of {} vertices", vertices.len())));
        }
        if vertices.len() > count {
            // Meshes of many parts that take few vertices each from all of them.
            vertices = triangles.as_flattened().iter().map(|&n| vertices[n as usize]).collect();
            triangles = in_turn(vertices.len());
        }
        if matrix[0].dot(&matrix[1].cross(&matrix[2])) < 0.0 {
            triangles.iter_mut().for_each(|t| t.swap(1, 2));
        }
        if from == 0 {
            (self.corners, self.triangles) = (vertices, triangles);
        } else {
            self.corners.extend(vertices);
            self.triangles.extend(triangles.into_iter().map(|t| t.map(|n| from as u32 + n)));
        }
        Ok(())
    }

    /// The items of an accessor, of `width` numbers each.
    fn items(&self, number: usize, width: usize) -> Result<Items<'_>, InputError> {
        let wrong = |what: &str| malformed(format!("has an accessor ({number}) {what}"));
        let accessor = self.document.accessors.get(number).ok_or_else(|| wrong("that is not there"))?;
        if accessor.sparse.is_some() {
            return Err(unsupported("has sparse numbers".to_owned()));
        }
        let bytes = match (width, &*accessor.kind, accessor.component_type) {
            (3, "VEC3", 5126) | (1, "SCALAR", 5125) => 4,
            (1, "SCALAR", 5123) => 2,
            (1, "SCALAR", 5121) => 1,
            _ => return Err(unsupported(format!("holds {} of the type {}", accessor.kind, accessor.component_type))),
        };
        let view = accessor.buffer_view.and_then(|v| self.document.buffer_views.get(v));
        let view = view.ok_or_else(|| wrong("without numbers"))?;
        let buffer = self.buffers.get(view.buffer).ok_or_else(|| wrong("of a buffer that is not there"))?;
        let end = view.byte_offset.saturating_add(view.byte_length);
        let inside = buffer.get(view.byte_offset..end).ok_or_else(|| wrong("beyond the end of its buffer"))?;
        let inside = inside.get(accessor.byte_offset..).ok_or_else(|| wrong("beyond the end of its buffer"))?;
        let item = bytes * width;
        let stride = view.byte_stride.unwrap_or(item).max(item);
        let needed = accessor.count.saturating_sub(1).saturating_mul(stride).saturating_add(item);
        if accessor.count == 0 || needed > inside.len() {
            return Err(wrong("beyond the end of its buffer"));
        }
        Ok(Items { bytes: &inside[..needed], item, stride })
    }
}

/// The bytes of an accessor.
struct Items<'a> {
    bytes: &'a [u8],
    item: usize,
    stride: usize,
}

impl Items<'_> {
    fn count(&self) -> usize {
        self.bytes.len().div_ceil(self.stride)
    }

    /// What `decode` makes of the `N` bytes of each item.
    fn each<const N: usize, T>(&self, decode: impl Fn(&[u8; N]) -> T) -> Vec<T> {
        match self.bytes.as_chunks() {
            (items, []) if self.stride == N => items.iter().map(decode).collect(),
            _ => self.bytes.chunks(self.stride).filter_map(|chunk| chunk.first_chunk()).map(decode).collect(),
        }
    }

    /// Triangles by the whole numbers that the items are.
    fn triangles(&self) -> Vec<[u32; 3]> {
        let packed = Self { bytes: self.bytes, item: 12, stride: 12 };
        let number = |b: &[u8; 12], k: usize| u32::from_le_bytes([b[k], b[k + 1], b[k + 2], b[k + 3]]);
        let numbers: Vec<u32> = match self.item {
            4 if self.stride == 4 && self.bytes.len().is_multiple_of(12) => {
                return packed.each(|b| [number(b, 0), number(b, 4), number(b, 8)]);
            }
            4 => self.each(|b| u32::from_le_bytes(*b)),
            2 => self.each(|b| u32::from(u16::from_le_bytes(*b))),
            _ => self.each(|b: &[u8; 1]| u32::from(b[0])),
        };
        numbers.as_chunks().0.to_vec()
    }
}

/// The numbers of corners that stand in the order of their triangles.
fn in_turn(corners: usize) -> Vec<[u32; 3]> {
    (0..corners as u32 / 3).map(|t| [3 * t, 3 * t + 1, 3 * t + 2]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { memory: 1 << 20 };

    /// A tetrahedron of the volume 1/6 under a node that scales, turns and mirrors it, below one that shifts.
    fn file(node: &str) -> Vec<u8> {
        let mut binary: Vec<u8> = [[0f32, 0., 0.], [1., 0., 0.], [0., 1., 0.], [0., 0., 1.]]
            .iter()
            .flatten()
            .flat_map(|c| c.to_le_bytes())
            .collect();
        binary.extend([0u16, 2, 1, 0, 1, 3, 1, 2, 3, 0, 3, 2].iter().flat_map(|i| i.to_le_bytes()));
        let json = format!(
            "{{\"asset\":{{\"version\":\"2.0\"}},\"scene\":0,\"scenes\":[{{\"nodes\":[0]}}],\
             \"nodes\":[{{\"children\":[1],\"translation\":[0.5,0,0]}},{{\"mesh\":0,{node}}}],\
             \"meshes\":[{{\"primitives\":[{{\"attributes\":{{\"POSITION\":0}},\"indices\":1}}]}}],\
             \"accessors\":[{{\"bufferView\":0,\"componentType\":5126,\"count\":4,\"type\":\"VEC3\"}},\
             {{\"bufferView\":1,\"componentType\":5123,\"count\":12,\"type\":\"SCALAR\"}}],\
             \"bufferViews\":[{{\"buffer\":0,\"byteLength\":48}},{{\"buffer\":0,\"byteOffset\":48,\"byteLength\":24}}],\
             \"buffers\":[{{\"byteLength\":72}}]}}"
        );
        let json = format!("{json:width$}", width = json.len().next_multiple_of(4));
        let mut data = b"glTF".to_vec();
        for word in [2, (28 + json.len() + binary.len()) as u32, json.len() as u32] {
            data.extend(word.to_le_bytes());
        }
        data.extend(b"JSON");
        data.extend(json.as_bytes());
        data.extend((binary.len() as u32).to_le_bytes());
        data.extend(b"BIN\0");
        data.extend(binary);
        data
    }

    #[test]
    fn nodes_scale_turn_mirror_and_shift() {
        for (node, factor, far) in [
            ("\"scale\":[2,1,-1]", 2.0, V3::new(2.5, 0.0, 0.0)),
            // A quarter turn about z takes x to y.
            ("\"rotation\":[0,0,0.7071067811865476,0.7071067811865476]", 1.0, V3::new(0.5, 1.0, 0.0)),
            ("\"matrix\":[0,3,0,0, -1,0,0,0, 0,0,1,0, 0,0,7,1]", 3.0, V3::new(0.5, 3.0, 7.0)),
        ] {
            let data = file(node);
            assert!(looks_like(&data));
            let (Content::Mesh { triangles, unit }, _) = read(&data, &LIMITS).unwrap() else { panic!("a mesh") };
            let triangles = triangles.apart();
            assert_eq!(unit, Some(LengthUnit::Metre));
            let volume: f64 = triangles.iter().map(|[a, b, c]| a.dot(&b.cross(c)) / 6.0).sum();
            assert!((volume - factor / 6.0).abs() < 1e-6, "{node}: {volume}");
            assert!(triangles.iter().flatten().any(|v| (v - far).norm() < 1e-6), "{node}: {triangles:?}");
            for n in 4..data.len() {
                assert!(read(&data[..n], &LIMITS).is_err(), "cut at {n}");
            }
        }
    }

    #[test]
    fn numbers_may_stand_apart_and_be_of_any_width() {
        let corners = [[0f32, 0., 0.], [1., 0., 0.], [0., 1., 0.], [0., 0., 1.]];
        let faces = [0u8, 2, 1, 0, 1, 3, 1, 2, 3, 0, 3, 2];
        let [first, others @ ..] = [5121, 5123, 5125].map(|kind| {
            // Corners with four bytes between them, and the indices behind, two bytes in.
            let mut binary: Vec<u8> = Vec::new();
            for corner in corners {
                corner.iter().for_each(|c| binary.extend(c.to_le_bytes()));
                binary.extend([0xff; 4]);
            }
            binary.extend([0xff; 2]);
            let width = match kind {
                5121 => 1,
                5123 => 2,
                _ => 4,
            };
            faces.iter().for_each(|n| binary.extend(&u32::from(*n).to_le_bytes()[..width]));
            let packed = base64::engine::general_purpose::STANDARD.encode(&binary);
            let json = format!(
                "{{\"asset\":{{\"version\":\"2.0\"}},\"nodes\":[{{\"mesh\":0}}],\
                 \"meshes\":[{{\"primitives\":[{{\"attributes\":{{\"POSITION\":0}},\"indices\":1}}]}}],\
                 \"accessors\":[{{\"bufferView\":0,\"componentType\":5126,\"count\":4,\"type\":\"VEC3\"}},\
                 {{\"bufferView\":1,\"byteOffset\":2,\"componentType\":{kind},\"count\":12,\"type\":\"SCALAR\"}}],\
                 \"bufferViews\":[{{\"buffer\":0,\"byteLength\":64,\"byteStride\":16}},\
                 {{\"buffer\":0,\"byteOffset\":64,\"byteLength\":{}}}],\
                 \"buffers\":[{{\"uri\":\"data:application/octet-stream;base64,{packed}\"}}]}}",
                2 + 12 * width
            );
            let Content::Mesh { triangles, .. } = read(json.as_bytes(), &LIMITS).unwrap().0 else { panic!("a mesh") };
            triangles.apart()
        });
        let volume: f64 = first.iter().map(|[a, b, c]| a.dot(&b.cross(c)) / 6.0).sum();
        assert!((volume - 1.0 / 6.0).abs() < 1e-12, "{volume}");
        assert_eq!(others, [first.clone(), first]);
    }

    #[test]
    fn a_part_takes_the_vertices_that_it_needs() {
        // A second part of one triangle, of the same four vertices, and a third without numbers.
        let text = file("\"scale\":[-1,1,1]");
        let add = |text: Vec<u8>, after: &str, more: &str| {
            let at = text.windows(after.len()).position(|w| w == after.as_bytes()).unwrap() + after.len();
            let length = u32::from_le_bytes([text[12], text[13], text[14], text[15]]) + more.len() as u32;
            let mut text = [&text[..at], more.as_bytes(), &text[at..]].concat();
            text[12..16].copy_from_slice(&length.to_le_bytes());
            text
        };
        let parts = ",{\"attributes\":{\"POSITION\":0},\"indices\":2},{\"attributes\":{\"POSITION\":0}}";
        let text = add(text, "\"indices\":1}", parts);
        let accessor = ",{\"bufferView\":1,\"byteOffset\":6,\"componentType\":5123,\"count\":3,\"type\":\"SCALAR\"}";
        let text = add(text, "\"count\":12,\"type\":\"SCALAR\"}", accessor);
        let Content::Mesh { triangles, .. } = read(&text, &LIMITS).unwrap().0 else { panic!("a mesh") };
        let mesh = triangles.weld().unwrap();
        assert_eq!((mesh.vertices.len(), mesh.triangles.len()), (4, 6));
        let triangles = triangles.apart();
        assert_eq!(triangles[4], triangles[1]);
        let corner = |x, y, z| V3::new(0.5 - x, y, z);
        assert_eq!(triangles[5], [corner(0.0, 0.0, 0.0), corner(0.0, 1.0, 0.0), corner(1.0, 0.0, 0.0)]);
    }

    #[test]
    fn what_is_not_there_or_not_read_is_refused() {
        let good = file("\"scale\":[1,1,1]");
        for (from, to) in [
            ("\"count\":12", "\"count\":99"),
            ("\"mesh\":0", "\"mesh\":5"),
            ("[1]", "[0]"),
            ("\"VEC3\"", "\"VEC2\""),
            ("\"scenes\"", "\"sparse\""),
        ] {
            let mut data = good.clone();
            let at = data.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
            data[at..at + to.len()].copy_from_slice(to.as_bytes());
            // Without scenes the roots are those that nothing holds.
            assert_eq!(read(&data, &LIMITS).is_ok(), from == "\"scenes\"", "{from}");
        }
    }
}
