//! 3MF: a package of parts, of which one holds the model. Its unit is in the file; objects are meshes, beams or
//! compositions of other objects, put in place by transforms that may scale and mirror.
//!
//! Format: 3MF core specification 1.3, with the extensions for production (objects in other parts), beam lattices and
//! balls; materials are checked and not kept. Refused are beams that a mesh cuts, objects whose geometry is a stack of
//! slices (the mesh beside it is a stand-in, often a box), and extensions that a file requires and that are not read.
//! Specification: <https://github.com/3MFConsortium/spec_core>.

mod beams;
mod materials;
mod model;
mod package;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use crate::input::{Content, InputError, InputErrorKind, Note, Read};
use crate::limits::Limits;
use crate::mesh::{Triangles, V3};
use model::{Item, Kind, Model, Shape, Transform};
use package::Package;

pub use package::looks_like;

/// Objects put in place that one build may have; components of components multiply.
const MOST_PLACED: usize = 10_000_000;

/// How deep components may hold components.
const DEEPEST: usize = 64;

/// Reads what a package builds.
///
/// # Errors
/// When the package or its model breaks the rules of the format, or holds what is not read.
pub fn read(data: &[u8], limits: &Limits) -> Read {
    let (mut package, root) = Package::open(data, limits)?;
    let mut parts = BTreeMap::new();
    load(&mut package, &root, &mut parts)?;
    let model = &parts[&root];
    let (unit, build) = (model.unit, &model.build);
    let mut assembly = Assembly {
        parts: &parts,
        limits,
        triangles: Vec::new(),
        made: beams::Made::default(),
        placed: 0,
        left_out: BTreeSet::new(),
    };
    for item in build {
        assembly.place(&root, item, &Transform::identity(), 0)?;
    }
    let Assembly { triangles, made, left_out, .. } = assembly;
    let kinds = left_out.into_iter().collect::<Vec<_>>().join(" and ");
    if triangles.is_empty() {
        let why = if kinds.is_empty() { String::new() } else { format!(" but objects of the type {kinds}") };
        return Err(InputError::new(InputErrorKind::Empty, format!("has nothing to build{why}"))
            .remedy("export the solid as an object of the type model, and place it on the build plate"));
    }
    let mut notes = Vec::new();
    if !kinds.is_empty() {
        notes.push(Note { kind: "file.left_out", message: format!("objects of the type {kinds} were left out") });
    }
    if made.beams + made.balls > 0 {
        let short = match made.short {
            0 => String::new(),
            n => format!("; {n} shorter than the file's least length were left out, as it asks"),
        };
        notes.push(Note {
            kind: "file.beams",
            message: format!(
                "{} beams and {} balls became closed surfaces of {} sides with the volume of the round bodies; their \
                 union was taken{short}",
                made.beams,
                made.balls,
                beams::SIDES
            ),
        });
    }
    Ok((Content::Mesh { triangles: Triangles::Apart(triangles), unit: Some(unit) }, notes))
}

/// Reads a part and those that it takes objects from.
fn load(package: &mut Package, root: &str, parts: &mut BTreeMap<String, Model>) -> Result<(), InputError> {
    let mut wanted = vec![root.to_owned()];
    while let Some(path) = wanted.pop() {
        if parts.contains_key(&path) {
            continue;
        }
        let data = package.part(&path)?;
        let content = xml::text(&data)?;
        let model = model::read(&content).map_err(|e| {
            let at = e.at.as_ref().map_or_else(|| path.clone(), |at| format!("{path}, {at}"));
            e.at(at)
        })?;
        if let Some(first) = parts.get(root)
            && (first.unit, first.scale.to_bits()) != (model.unit, model.scale.to_bits())
        {
            return Err(InputError::new(InputErrorKind::Unsupported, "has parts of different units".to_owned())
                .at(path)
                .remedy("export the design as one part"));
        }
        let components = model.objects.values().filter_map(|o| match &o.shape {
            Shape::Components(items) => Some(items),
            _ => None,
        });
        wanted.extend(model.build.iter().chain(components.flatten()).filter_map(|i| i.path.clone()));
        parts.insert(path, model);
    }
    Ok(())
}

/// The triangles put in place so far.
struct Assembly<'a> {
    parts: &'a BTreeMap<String, Model>,
    limits: &'a Limits,
    triangles: Vec<[V3; 3]>,
    made: beams::Made,
    placed: usize,
    left_out: BTreeSet<&'static str>,
}

impl Assembly<'_> {
    /// Puts an object of a part, or of the part that the item names, in place.
    fn place(&mut self, part: &str, item: &Item, outer: &Transform, depth: usize) -> Result<(), InputError> {
        let part = item.path.as_deref().unwrap_or(part);
        let wrong = |kind: InputErrorKind, what: String| InputError::new(kind, what).at(part);
        self.placed += 1;
        if depth > DEEPEST || self.placed > MOST_PLACED {
            let what = "has components of components without end".to_owned();
            return Err(wrong(InputErrorKind::Malformed, what).remedy("export the design again"));
        }
        let model = self.parts.get(part);
        let object = model.and_then(|m| m.objects.get(&item.object)).ok_or_else(|| {
            wrong(InputErrorKind::Malformed, format!("builds the object {}, which is not there", item.object))
                .remedy("export the design again")
        })?;
        if object.kind == Kind::Other && depth == 0 {
            let what = format!("builds the object {}, which is of the type other", item.object);
            return Err(wrong(InputErrorKind::Malformed, what).remedy("export the design again"));
        }
        let transform = item.transform.then(outer);
        let (vertices, triangles, lattice) = match &object.shape {
            Shape::Components(items) => {
                return items.iter().try_for_each(|item| self.place(part, item, &transform, depth + 1));
            }
            Shape::Unknown(name) => {
                return Err(wrong(
                    InputErrorKind::Unsupported,
                    format!("builds the object {}, a `{name}`, which is not read", item.object),
                )
                .remedy("export the design as a plain mesh"));
            }
            Shape::Mesh { vertices, triangles, lattice } => (vertices, triangles, lattice),
        };
        if object.kind != Kind::Model {
            self.left_out.insert(object.kind.word());
            return Ok(());
        }
        if object.sliced {
            return Err(wrong(
                InputErrorKind::Unsupported,
                format!("has the object {} as a stack of slices; the mesh beside it may be a stand-in", item.object),
            )
            .remedy("export the design as a mesh, without slices"));
        }
        let lattice = lattice.as_ref();
        if lattice.is_some_and(|l| l.clipped) {
            return Err(wrong(
                InputErrorKind::Unsupported,
                format!("has beams in the object {} that a mesh cuts off, which is not read", item.object),
            )
            .remedy("export the clipped lattice as a mesh"));
        }
        let more = triangles.len().saturating_add(lattice.map_or(0, beams::Lattice::size));
        self.limits.check(
            "the mesh",
            (self.triangles.len() as u64).saturating_add(more as u64),
            size_of::<[V3; 3]>() as u64,
        )?;
        let start = self.triangles.len();
        self.triangles.extend(triangles.iter().map(|t| t.map(|v| vertices[v as usize])));
        if let Some(lattice) = lattice {
            let made = lattice.shells(vertices, &mut self.triangles);
            self.made.beams += made.beams;
            self.made.balls += made.balls;
            self.made.short += made.short;
        }
        let scale = self.parts[part].scale;
        let mirrored = transform.determinant() < 0.0;
        for triangle in &mut self.triangles[start..] {
            *triangle = triangle.map(|v| transform.apply(&v) * scale);
            if triangle.iter().any(|v| !v.iter().all(|c| c.is_finite())) {
                return Err(wrong(InputErrorKind::NonFinite, "puts a vertex beyond all numbers".to_owned()));
            }
            if mirrored {
                triangle.swap(1, 2);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::LengthUnit;
    use std::io::{Cursor, Write as _};

    const LIMITS: Limits = Limits { memory: 1 << 26 };
    const TYPES: &str = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    const RELS: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
        <Relationship Target=\"/3D/3dmodel.model\" Id=\"r\" Type=\"http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel\"/>\
        </Relationships>";
    const HEAD: &str = "<model unit=\"millimeter\" xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\" \
        xmlns:p=\"http://schemas.microsoft.com/3dmanufacturing/production/2015/06\" \
        xmlns:s=\"http://schemas.microsoft.com/3dmanufacturing/slice/2015/07\" \
        xmlns:b=\"http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02\">";
    /// A tetrahedron of the volume 1/6.
    const TETRA: &str = "<mesh><vertices><vertex x=\"0\" y=\"0\" z=\"0\"/><vertex x=\"1\" y=\"0\" z=\"0\"/>\
        <vertex x=\"0\" y=\"1\" z=\"0\"/><vertex x=\"0\" y=\"0\" z=\"1\"/></vertices><triangles>\
        <triangle v1=\"0\" v2=\"2\" v3=\"1\"/><triangle v1=\"0\" v2=\"1\" v3=\"3\"/><triangle v1=\"1\" v2=\"2\" v3=\"3\"/>\
        <triangle v1=\"0\" v2=\"3\" v3=\"2\"/></triangles></mesh>";

    fn package(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in [("[Content_Types].xml", TYPES), ("_rels/.rels", RELS)].iter().chain(parts) {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn model(resources: &str, build: &str) -> Vec<u8> {
        let text = format!("{HEAD}<resources>{resources}</resources><build>{build}</build></model>");
        package(&[("3D/3dmodel.model", &text)])
    }

    fn volume(data: &[u8]) -> f64 {
        let Content::Mesh { triangles, .. } = read(data, &LIMITS).unwrap().0 else { panic!("a mesh") };
        let triangles = triangles.apart();
        triangles.iter().map(|[a, b, c]| a.dot(&b.cross(c)) / 6.0).sum()
    }

    #[test]
    fn transforms_scale_mirror_and_add_up() {
        let object = format!(
            "<object id=\"1\">{TETRA}</object><object id=\"2\"><components>\
            <component objectid=\"1\" transform=\"2 0 0 0 2 0 0 0 2 5 5 5\"/>\
            <component objectid=\"1\" transform=\"-1 0 0 0 1 0 0 0 1 0 0 0\"/></components></object>"
        );
        let data = model(&object, "<item objectid=\"2\" transform=\"3 0 0 0 1 0 0 0 1 0 0 0\"/><item objectid=\"1\"/>");
        assert!((volume(&data) - (3.0 * 8.0 + 3.0 + 1.0) / 6.0).abs() < 1e-12);
        // A row of coordinates times the matrix: x goes to y.
        let turned = model(
            &format!("<object id=\"1\">{TETRA}</object>"),
            "<item objectid=\"1\" transform=\"0 7 0 0 0 1 1 0 0 0 0 9\"/>",
        );
        let Content::Mesh { triangles, .. } = read(&turned, &LIMITS).unwrap().0 else { panic!("a mesh") };
        let triangles = triangles.apart();
        assert!(triangles.iter().flatten().any(|v| *v == V3::new(0.0, 7.0, 9.0)));
    }

    #[test]
    fn units_come_from_the_file() {
        for (word, unit, factor) in [
            ("micron", LengthUnit::Micrometre, 1.0),
            ("inch", LengthUnit::Inch, 1.0),
            ("foot", LengthUnit::Inch, 1728.0),
            ("meter", LengthUnit::Metre, 1.0),
        ] {
            let text = format!(
                "{HEAD}<resources><object id=\"1\">{TETRA}</object></resources><build><item objectid=\"1\"/></build></model>"
            );
            let data = package(&[("3D/3dmodel.model", &text.replace("millimeter", word))]);
            assert!(matches!(read(&data, &LIMITS).unwrap().0, Content::Mesh { unit: Some(u), .. } if u == unit));
            assert!((volume(&data) * 6.0 - factor).abs() < 1e-9);
        }
    }

    #[test]
    fn objects_come_from_other_parts() {
        let root = format!(
            "{HEAD}<resources><object id=\"1\"><components><component objectid=\"7\" p:path=\"/3D/b.model\"/>\
            </components></object></resources><build><item objectid=\"1\"/><item objectid=\"7\" p:path=\"/3D/b.model\"/></build></model>"
        );
        let other = format!("{HEAD}<resources><object id=\"7\">{TETRA}</object></resources><build/></model>");
        let data = package(&[("3D/3dmodel.model", &root), ("3D/b.model", &other)]);
        assert!((volume(&data) - 2.0 / 6.0).abs() < 1e-12);
        let alone = package(&[("3D/3dmodel.model", &root)]);
        assert_eq!(read(&alone, &LIMITS).unwrap_err().at.as_deref(), Some("/3D/b.model"));
        let inches = package(&[("3D/3dmodel.model", &root), ("3D/b.model", &other.replace("millimeter", "inch"))]);
        assert_eq!(read(&inches, &LIMITS).unwrap_err().kind, InputErrorKind::Unsupported);
    }

    #[test]
    fn beams_are_read_with_their_radii_and_balls() {
        let lattice = |attributes: &str, more: &str| {
            let mesh = TETRA.split("<triangles>").next().unwrap();
            let object = format!(
                "<object id=\"1\">{mesh}<triangles/><b:beamlattice radius=\"0.1\" minlength=\"0.001\" {attributes}>\
                <b:beams><b:beam v1=\"0\" v2=\"1\" r1=\"0.2\"/></b:beams>{more}</b:beamlattice></mesh></object>"
            );
            model(&object, "<item objectid=\"1\"/>")
        };
        let cylinder = std::f64::consts::PI * 0.04;
        let ball = |r: f64| 4.0 / 3.0 * std::f64::consts::PI * r * r * r;
        assert!((volume(&lattice("cap=\"butt\"", "")) - cylinder).abs() < 1e-9);
        let one = "<b:balls><b:ball vindex=\"3\"/></b:balls>";
        assert!(
            (volume(&lattice("cap=\"butt\" ballmode=\"mixed\" ballradius=\"0.3\"", one)) - cylinder - ball(0.3)).abs()
                < 1e-9
        );
        assert!(
            (volume(&lattice("cap=\"butt\" ballmode=\"all\" ballradius=\"0.3\"", "")) - cylinder - 2.0 * ball(0.3))
                .abs()
                < 1e-9
        );
        let (_, notes) = read(&lattice("", ""), &LIMITS).unwrap();
        assert_eq!(notes[0].kind, "file.beams");
        assert!(notes[0].message.contains("1 beams and 2 balls"), "{}", notes[0].message);
        assert_eq!(
            read(&lattice("clippingmode=\"inside\"", ""), &LIMITS).unwrap_err().kind,
            InputErrorKind::Unsupported
        );
        for wrong in ["cap=\"round\"", "ballmode=\"all\"", "clippingmesh=\"9\""] {
            assert_eq!(read(&lattice(wrong, ""), &LIMITS).unwrap_err().kind, InputErrorKind::Malformed, "{wrong}");
        }
        assert!(read(&lattice("", "<b:balls><b:ball vindex=\"4\" r=\"1\"/></b:balls>"), &LIMITS).is_err());
    }

    #[test]
    fn what_is_no_plain_solid_is_refused_or_left_out_with_a_note() {
        let object = |attributes: &str| format!("<object id=\"1\" {attributes}>{TETRA}</object>");
        let sliced = model(&object("s:slicestackid=\"5\""), "<item objectid=\"1\"/>");
        assert!(read(&sliced, &LIMITS).unwrap_err().message.contains("slices"));
        let support = format!("{}<object id=\"2\">{TETRA}</object>", object("type=\"support\""));
        let (_, notes) = read(&model(&support, "<item objectid=\"1\"/><item objectid=\"2\"/>"), &LIMITS).unwrap();
        assert!(notes[0].message.contains("support"));
        let nothing = read(&model(&object(""), ""), &LIMITS).unwrap_err();
        assert_eq!(nothing.kind, InputErrorKind::Empty);
        let foreign = "<object id=\"1\"><x:boolean xmlns:x=\"urn:x\"/></object>";
        assert_eq!(
            read(&model(foreign, "<item objectid=\"1\"/>"), &LIMITS).unwrap_err().kind,
            InputErrorKind::Unsupported
        );
    }

    #[test]
    fn broken_models_are_refused_with_their_place() {
        let good = format!("<object id=\"1\">{TETRA}</object>");
        let item = "<item objectid=\"1\"/>";
        for (from, to) in [
            ("x=\"1\"", "x=\"1,5\""),
            ("x=\"1\"", "x=\"nan\""),
            ("x=\"1\"", "x=\"1\" x=\"2\""),
            ("v1=\"1\"", "v1=\"4\""),
            ("v1=\"1\"", "v1=\"-1\""),
            ("</mesh>", ""),
            ("<mesh>", "<mesh><q:x/>"),
            ("<mesh>", "<mesh><vertex/>"),
        ] {
            let error = read(&model(&good.replace(from, to), item), &LIMITS).unwrap_err();
            let at = error.at.clone().unwrap_or_default();
            assert!(at.contains("/3D/3dmodel.model, byte"), "{from} {to}: {error}");
        }
        let cycle = "<object id=\"1\"><components><component objectid=\"1\"/></components></object>";
        assert!(read(&model(cycle, item), &LIMITS).is_err());
        // Twenty-seven doublings: more than may be placed.
        let mut bomb = good.clone();
        for id in 2..30 {
            let c = format!("<component objectid=\"{}\"/>", id - 1);
            bomb += &format!("<object id=\"{id}\"><components>{c}{c}</components></object>");
        }
        assert!(read(&model(&bomb, "<item objectid=\"29\"/>"), &Limits { memory: 1 << 24 }).is_err());
        let flat = "<item objectid=\"1\" transform=\"1 0 0 0 1 0 0 0 0 0 0 0\"/>";
        assert!(read(&model(&good, flat), &LIMITS).is_err());
    }

    #[test]
    fn a_package_cut_anywhere_is_refused() {
        let data = model(&format!("<object id=\"1\">{TETRA}</object>"), "<item objectid=\"1\"/>");
        assert!(looks_like(&data));
        for n in (0..data.len()).step_by(3) {
            assert!(read(&data[..n], &LIMITS).is_err(), "cut at {n}");
        }
    }
}
