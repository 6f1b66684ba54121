//! PLY, the polygon file format of Stanford: a text header that describes elements, then the elements as text or binary
//! numbers of either byte order. Vertices need x, y, z; faces a list `vertex_indices` or `vertex_index`; all else is
//! passed over. There is no unit.

use super::faces::Faces;
use crate::input::{InputError, InputErrorKind, Read};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Text,
    Little,
    Big,
}

#[derive(Clone, Copy)]
enum Number {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
}

impl Number {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "char" | "int8" => Self::I8,
            "uchar" | "uint8" => Self::U8,
            "short" | "int16" => Self::I16,
            "ushort" | "uint16" => Self::U16,
            "int" | "int32" => Self::I32,
            "uint" | "uint32" => Self::U32,
            "float" | "float32" => Self::F32,
            "double" | "float64" => Self::F64,
            _ => return None,
        })
    }

    fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The number that the first bytes hold.
    #[inline]
    fn decode(self, bytes: &[u8], big: bool) -> f64 {
        macro_rules! number {
            ($t:ty) => {{
                let own = bytes[..size_of::<$t>()].try_into().unwrap_or_default();
                if big { <$t>::from_be_bytes(own) } else { <$t>::from_le_bytes(own) }.into()
            }};
        }
        match self {
            Self::I8 => number!(i8),
            Self::U8 => number!(u8),
            Self::I16 => number!(i16),
            Self::U16 => number!(u16),
            Self::I32 => number!(i32),
            Self::U32 => number!(u32),
            Self::F32 => number!(f32),
            Self::F64 => number!(f64),
        }
    }
}

/// The number of a vertex; what is none is beyond all.
fn index(value: f64) -> usize {
    if value >= 0.0 { value as usize } else { usize::MAX }
}

struct Property {
    name: String,
    /// Type of the count, where it is a list.
    list: Option<Number>,
    number: Number,
}

struct Element {
    name: String,
    count: u64,
    properties: Vec<Property>,
}

/// Reads a PLY.
///
/// # Errors
/// When the header is broken, the file is cut short, or a face names a vertex that is not there.
pub fn read(data: &[u8]) -> Read {
    let (encoding, elements, start) = header(data)?;
    let mut source = Source { data, at: start, encoding };
    let mut faces = Faces::default();
    // Faces may stand before the vertices: their corners, and where each face ends.
    let mut numbers: Vec<usize> = Vec::new();
    let mut ends: Vec<usize> = Vec::new();
    for (e, element) in elements.iter().enumerate() {
        let done = match element.name.as_str() {
            _ if encoding == Encoding::Text => 0,
            "vertex" => source.vertices(element, &mut faces)?,
            "face" if elements[e..].iter().all(|later| later.name != "vertex") => source.faces(element, &mut faces)?,
            _ => 0,
        };
        for k in done..element.count {
            let place = || format!("{} {k}", element.name);
            let mut v = [f64::NAN; 3];
            let mut listed = false;
            for property in &element.properties {
                let axis = ["x", "y", "z"].iter().position(|a| *a == property.name);
                match property.list {
                    None => {
                        let value = source.next(property.number, &place)?;
                        if let Some(a) = axis {
                            v[a] = value;
                        }
                    }
                    Some(count) => {
                        let count = source.next(count, &place)?;
                        let wanted = element.name == "face" && property.name.starts_with("vertex_ind");
                        listed |= wanted;
                        for _ in 0..count as u64 {
                            let value = source.next(property.number, &place)?;
                            if wanted {
                                numbers.push(index(value));
                            }
                        }
                        if wanted {
                            ends.push(numbers.len());
                        }
                    }
                }
            }
            source.end_of_line();
            match element.name.as_str() {
                "vertex" => faces.vertex(v, place)?,
                "face" if !listed => return Err(malformed("faces have no list `vertex_indices`".to_owned())),
                _ => {}
            }
        }
    }
    let mut from = 0;
    for (k, to) in ends.into_iter().enumerate() {
        faces.face(&numbers[from..to], || format!("face {k}"))?;
        from = to;
    }
    faces.finish(Vec::new())
}

fn malformed(what: String) -> InputError {
    InputError::new(InputErrorKind::Malformed, what).remedy("export the design again")
}

fn header(data: &[u8]) -> Result<(Encoding, Vec<Element>, usize), InputError> {
    let mut encoding = None;
    let mut elements: Vec<Element> = Vec::new();
    let mut at = 0;
    for number in 1.. {
        let Some(end) = data[at..].iter().position(|b| *b == b'\n') else { break };
        let line = String::from_utf8_lossy(&data[at..at + end]).trim().to_owned();
        at += end + 1;
        let wrong = |what: &str| malformed(format!("{what}: `{line}`")).at(format!("line {number}"));
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["ply"] | [] | ["comment" | "obj_info", ..] => {}
            ["format", kind, _] => {
                encoding = Some(match kind {
                    "ascii" => Encoding::Text,
                    "binary_little_endian" => Encoding::Little,
                    "binary_big_endian" => Encoding::Big,
                    _ => return Err(wrong("is no format of PLY")),
                });
            }
            ["element", name, count] => {
                let count = count.parse().map_err(|_| wrong("is no count"))?;
                elements.push(Element { name: name.to_owned(), count, properties: Vec::new() });
            }
            ["property", "list", count, kind, name] => {
                let (Some(count), Some(kind)) = (Number::named(count), Number::named(kind)) else {
                    return Err(wrong("names an unknown type"));
                };
                let element = elements.last_mut().ok_or_else(|| wrong("stands before any element"))?;
                element.properties.push(Property { name: name.to_owned(), list: Some(count), number: kind });
            }
            ["property", kind, name] => {
                let kind = Number::named(kind).ok_or_else(|| wrong("names an unknown type"))?;
                let element = elements.last_mut().ok_or_else(|| wrong("stands before any element"))?;
                element.properties.push(Property { name: name.to_owned(), list: None, number: kind });
            }
            ["end_header"] => {
                let encoding = encoding.ok_or_else(|| malformed("the header has no format".to_owned()))?;
                // Elements of nothing could be counted without end.
                if let Some(bare) = elements.iter().find(|e| e.count > 0 && e.properties.is_empty()) {
                    return Err(malformed(format!("the element `{}` has no properties", bare.name)));
                }
                let has = |axis: &str| {
                    elements.iter().any(|e| e.name == "vertex" && e.properties.iter().any(|p| p.name == axis))
                };
                if !["x", "y", "z"].iter().all(|a| has(a)) {
                    return Err(malformed("vertices have no x, y, z".to_owned()));
                }
                return Ok((encoding, elements, at));
            }
            ["element" | "property" | "format", ..] => return Err(wrong("is no line of a PLY header")),
            // Some programs break their comments into lines of their own.
            _ => {}
        }
    }
    Err(InputError::new(InputErrorKind::Truncated, "ends within its header".to_owned()).remedy("copy the file again"))
}

/// The numbers of the body, one after the other.
struct Source<'a> {
    data: &'a [u8],
    at: usize,
    encoding: Encoding,
}

impl Source<'_> {
    /// In text an element is a line: what stands behind its properties is passed over.
    fn end_of_line(&mut self) {
        if self.encoding == Encoding::Text {
            let rest = &self.data[self.at..];
            self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        }
    }

    fn next(&mut self, number: Number, place: &impl Fn() -> String) -> Result<f64, InputError> {
        let cut = |at: usize| {
            InputError::new(InputErrorKind::Truncated, "ends before its last element".to_owned())
                .at(format!("byte {at}, {}", place()))
                .remedy("copy the file again")
        };
        if self.encoding == Encoding::Text {
            let rest = &self.data[self.at.min(self.data.len())..];
            let skip = rest.iter().position(|b| !b.is_ascii_whitespace()).ok_or_else(|| cut(self.at))?;
            let word = &rest[skip..];
            let word = &word[..word.iter().position(u8::is_ascii_whitespace).unwrap_or(word.len())];
            self.at += skip + word.len();
            let text = String::from_utf8_lossy(word);
            return super::faces::number(Some(&text), place);
        }
        let n = number.bytes();
        let bytes = self.data.get(self.at..self.at + n).ok_or_else(|| cut(self.at))?;
        self.at += n;
        Ok(number.decode(bytes, self.encoding == Encoding::Big))
    }

    /// Reads the vertices of a binary file that have no lists, as far as they are whole; returns how many.
    fn vertices(&mut self, element: &Element, faces: &mut Faces) -> Result<u64, InputError> {
        let mut record = 0;
        let mut places = [None; 3];
        for property in &element.properties {
            if let Some(a) = ["x", "y", "z"].iter().position(|a| *a == property.name) {
                places[a] = Some((record, property.number));
            }
            record += property.number.bytes();
        }
        let [Some(x), Some(y), Some(z)] = places else { return Ok(0) };
        if element.properties.iter().any(|p| p.list.is_some()) {
            return Ok(0);
        }
        let rest = self.data.get(self.at..).unwrap_or(&[]);
        let whole = usize::try_from(element.count).unwrap_or(usize::MAX).min(rest.len() / record);
        let big = self.encoding == Encoding::Big;
        faces.vertices.reserve(whole);
        for (k, bytes) in rest.chunks_exact(record).take(whole).enumerate() {
            let coordinate = |(at, number): (usize, Number)| number.decode(&bytes[at..], big);
            faces.vertex([coordinate(x), coordinate(y), coordinate(z)], || format!("vertex {k}"))?;
        }
        self.at += whole * record;
        Ok(whole as u64)
    }

    /// Reads the faces of a binary file that have nothing but the list of their corners, whose vertices are all read, as
    /// far as they are whole; returns how many.
    fn faces(&mut self, element: &Element, faces: &mut Faces) -> Result<u64, InputError> {
        let [Property { name, list: Some(count), number }] = &element.properties[..] else { return Ok(0) };
        if !name.starts_with("vertex_ind") {
            return Ok(0);
        }
        let big = self.encoding == Encoding::Big;
        let mut numbers = Vec::new();
        let mut done = 0;
        // What nearly all files hold needs no decisions for each number.
        let plain = (count.bytes(), number.bytes()) == (1, 4) && !matches!(number, Number::F32);
        let rest = self.data.len().saturating_sub(self.at) / (count.bytes() + 3 * number.bytes());
        faces.reserve(usize::try_from(element.count).unwrap_or(usize::MAX).min(rest));
        while done < element.count {
            if plain && let Some(&[3, ref body @ ..]) = self.data[self.at..].first_chunk::<13>() {
                let vertex = |k: usize| {
                    let own = [body[k], body[k + 1], body[k + 2], body[k + 3]];
                    if big { u32::from_be_bytes(own) } else { u32::from_le_bytes(own) }
                };
                if faces.triangle([vertex(0), vertex(4), vertex(8)]) {
                    self.at += 13;
                    done += 1;
                    continue;
                }
            }
            let Some((length, rest)) = self.data[self.at..].split_at_checked(count.bytes()) else { break };
            let corners = count.decode(length, big) as usize;
            let Some(body) = corners.checked_mul(number.bytes()).and_then(|n| rest.get(..n)) else { break };
            numbers.clear();
            numbers.extend(body.chunks_exact(number.bytes()).map(|b| index(number.decode(b, big))));
            faces.face(&numbers, || format!("face {done}"))?;
            self.at += length.len() + body.len();
            done += 1;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Content;

    /// A tetrahedron in one encoding.
    fn tetrahedron(format: &str) -> Vec<u8> {
        let mut data = format!(
            "ply\nformat {format} 1.0\ncomment made here\nelement vertex 4\nproperty float x\nproperty float y\n\
             property uchar red\nproperty double z\nelement face 3\nproperty list uchar int vertex_indices\nend_header\n"
        )
        .into_bytes();
        let vertices = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0f64]];
        let faces: [&[i32]; 3] = [&[0, 2, 1], &[0, 1, 3], &[1, 2, 3, 0]];
        let big = format.contains("big");
        let mut put = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            if big {
                bytes.reverse();
            }
            data.extend(bytes);
        };
        if format == "ascii" {
            for v in vertices {
                put(format!("{} {} 7 {}\n", v[0], v[1], v[2]).as_bytes());
            }
            for f in faces {
                let corners: Vec<String> = f.iter().map(i32::to_string).collect();
                put(format!("{} {}\n", f.len(), corners.join(" ")).as_bytes());
            }
            return data;
        }
        for v in vertices {
            put(&(v[0] as f32).to_le_bytes());
            put(&(v[1] as f32).to_le_bytes());
            put(&[7]);
            put(&v[2].to_le_bytes());
        }
        for f in faces {
            put(&[f.len() as u8]);
            f.iter().for_each(|n| put(&n.to_le_bytes()));
        }
        data
    }

    #[test]
    fn all_encodings_hold_the_same_mesh_and_every_cut_is_refused() {
        let read_all = |data: &[u8]| match read(data) {
            Ok((Content::Mesh { triangles, .. }, _)) => Ok(triangles.apart()),
            Ok(_) => panic!("a mesh"),
            Err(e) => Err(e),
        };
        let text = read_all(&tetrahedron("ascii")).unwrap();
        assert_eq!(text.len(), 4);
        for format in ["binary_little_endian", "binary_big_endian"] {
            let data = tetrahedron(format);
            assert_eq!(read_all(&data).unwrap(), text);
            for n in 0..data.len() {
                assert!(read_all(&data[..n]).is_err(), "{format} cut at {n}");
            }
        }
        let huge = String::from_utf8(tetrahedron("ascii")).unwrap().replace("face 3", "face 99999999999");
        assert_eq!(read_all(huge.as_bytes()).unwrap_err().kind, InputErrorKind::Truncated);
        let bare = String::from_utf8(tetrahedron("ascii"))
            .unwrap()
            .replace("element face", "element x 9999999999999\nelement face");
        assert_eq!(read_all(bare.as_bytes()).unwrap_err().kind, InputErrorKind::Malformed);
        let wild = String::from_utf8(tetrahedron("ascii")).unwrap().replace("3 0 2 1", "3 0 2 -1");
        assert_eq!(read_all(wild.as_bytes()).unwrap_err().kind, InputErrorKind::Malformed);
    }

    #[test]
    fn faces_may_come_first_and_records_hold_more_than_they_need() {
        let truth = [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]].map(crate::mesh::V3::from);
        for (first, more) in [("face", false), ("face", true), ("vertex", false), ("vertex", true)] {
            let mut header = "ply\nformat binary_little_endian 1.0\n".to_owned();
            let (mut faces, mut vertices) = (vec![3u8, 0, 1, 2], Vec::new());
            for k in 0..3u8 {
                if more {
                    vertices.push(k);
                    vertices.extend(vec![9; usize::from(k)]);
                }
                (0..3u8).for_each(|a| vertices.extend(f32::from(3 * k + a).to_le_bytes()));
            }
            let (list, red) =
                if more { ("property list uchar uchar more\n", "property uchar red\n") } else { ("", "") };
            if more {
                faces.push(77);
            }
            let vertex = format!("element vertex 3\n{list}property float x\nproperty float y\nproperty float z\n");
            let face = format!("element face 1\nproperty list uchar uchar vertex_indices\n{red}");
            let (elements, body) = match first {
                "face" => ([face, vertex], [faces, vertices]),
                _ => ([vertex, face], [vertices, faces]),
            };
            header += &(elements.concat() + "end_header\n");
            let data = [header.into_bytes(), body.concat()].concat();
            let Content::Mesh { triangles, .. } = read(&data).unwrap().0 else { panic!("a mesh") };
            assert_eq!(triangles.apart(), [truth], "{first} {more}");
            for n in 0..data.len() {
                assert!(read(&data[..n]).is_err(), "{first} {more} cut at {n}");
            }
        }
    }
}
