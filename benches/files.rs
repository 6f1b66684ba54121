//! How fast files are read: seconds of processor time (user mode) for each format, against those that the bytes of the file
//! alone take, to read and to hash with SHA-256, which any reading has to do.
//!
//! `cargo bench --bench files -- [voxels along a side] [thousands of triangles]`: a grey gyroid with noise as a volume of
//! 16-bit numbers, and a gyroid sheet as a mesh, generated and written to a temporary folder in every format. Reading a
//! file includes its SHA-256. Another program's load on the machine lengthens seconds on the clock, which is why they are
//! not shown.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may fail loudly, and prints its table")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use poregauge::export::Target;
use poregauge::generate::tpms::{Form, Surface, Tpms};
use poregauge::grid::{Frame, Levels};
use poregauge::input::{RawLayout, load_with};
use poregauge::limits::Limits;
use poregauge::mesh::Mesh;
use poregauge::parallel::Exec;
use sha2::{Digest as _, Sha256};

/// Processor time of this process in user mode, in seconds; on the clock where the system does not tell it.
fn user() -> f64 {
    let ticks = std::fs::read_to_string("/proc/self/stat").ok().and_then(|text| {
        // The name of the program may hold blanks; what follows it does not.
        text.rsplit_once(')')?.1.split_whitespace().nth(11)?.parse::<f64>().ok()
    });
    ticks.map_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64(), |t| t / 100.0)
}

/// Seconds for one reading: the mean over two seconds of them.
fn seconds(mut read: impl FnMut()) -> f64 {
    let start = user();
    let mut times = 0.0;
    while user() - start < 2.0 {
        read();
        times += 1.0;
    }
    (user() - start) / times
}

/// Reads the bytes of a file, or of all files of a folder, and hashes them.
fn bytes(path: &Path) {
    let files: Vec<PathBuf> = match path.is_dir() {
        true => std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect(),
        false => vec![path.to_owned()],
    };
    let mut digest = Sha256::new();
    let held: Vec<Vec<u8>> = files.iter().map(|f| std::fs::read(f).unwrap()).collect();
    held.iter().for_each(|data| digest.update(data));
    std::hint::black_box(digest.finalize());
}

/// Bytes of a file, or of all files of a folder.
fn length(path: &Path) -> u64 {
    if path.is_dir() {
        return std::fs::read_dir(path).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
    }
    std::fs::metadata(path).unwrap().len()
}

/// A grey gyroid of 12-bit numbers with a little noise.
fn phantom(n: usize) -> Vec<u16> {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let turn = |c: usize| (c as f64 * 0.2).sin_cos();
    let mut values = Vec::with_capacity(n * n * n);
    for z in 0..n {
        for y in 0..n {
            for x in 0..n {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let [(sx, cx), (sy, cy), (sz, cz)] = [x, y, z].map(turn);
                let value = 2000.0 + 800.0 * (sx * cy + sy * cz + sz * cx) + (state >> 59) as f64;
                values.push(value.clamp(0.0, 4095.0) as u16);
            }
        }
    }
    values
}

fn little(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// One slice or file of DICOM, explicit and little-endian.
fn dicom(pixels: &[u8], n: usize, frames: usize, place: usize) -> Vec<u8> {
    let mut data = vec![0u8; 128];
    data.extend(b"DICM");
    let mut element = |group: u16, element: u16, kind: &[u8; 2], value: &[u8]| {
        let mut value = value.to_vec();
        value.resize(value.len().next_multiple_of(2), if kind == b"UI" { 0 } else { b' ' });
        data.extend(group.to_le_bytes());
        data.extend(element.to_le_bytes());
        data.extend(kind);
        if kind == b"OW" {
            data.extend([0, 0]);
            data.extend((value.len() as u32).to_le_bytes());
        } else {
            data.extend((value.len() as u16).to_le_bytes());
        }
        data.extend(value);
    };
    let syntax = b"1.2.840.10008.1.2.1";
    // Lengths of the elements below: 8 bytes each and their values.
    element(2, 0, b"UL", &((8 + 26 + 8 + 8 + 8 + 20 + 8 + 6) as u32).to_le_bytes());
    element(2, 2, b"UI", b"1.2.840.10008.5.1.4.1.1.2");
    element(2, 3, b"UI", b"1.2.3.4");
    element(2, 0x10, b"UI", syntax);
    element(2, 0x12, b"UI", b"1.2.3");
    element(0x18, 0x88, b"DS", b"0.01");
    element(0x20, 0x0E, b"UI", b"1.2.4");
    if frames == 1 {
        element(0x20, 0x32, b"DS", format!("0\\0\\{}", place as f64 * 0.01).as_bytes());
        element(0x20, 0x37, b"DS", b"1\\0\\0\\0\\1\\0");
    }
    element(0x28, 2, b"US", &1u16.to_le_bytes());
    if frames > 1 {
        element(0x28, 8, b"IS", frames.to_string().as_bytes());
    }
    element(0x28, 0x10, b"US", &(n as u16).to_le_bytes());
    element(0x28, 0x11, b"US", &(n as u16).to_le_bytes());
    element(0x28, 0x30, b"DS", b"0.01\\0.01");
    for (tag, value) in [(0x100, 16u16), (0x101, 16), (0x102, 15), (0x103, 0)] {
        element(0x28, tag, b"US", &value.to_le_bytes());
    }
    element(0x7FE0, 0x10, b"OW", pixels);
    data
}

/// A volume in every format.
fn volumes(folder: &Path, n: usize) -> Vec<(&'static str, PathBuf, Option<RawLayout>)> {
    let values = phantom(n);
    let bytes = little(&values);
    let frame = Frame { size: [n; 3], spacing: [10.0; 3], origin: [5.0; 3] };
    let levels = Levels::U16(values.clone());
    let mut all = Vec::new();
    let mut put = |what: &'static str, name: &str, data: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, data).unwrap();
        let raw = name.ends_with(".raw").then(|| RawLayout { size: [n; 3], kind: "u16le".parse().unwrap(), header: 0 });
        all.push((what, path, raw));
    };
    put("raw, u16le", "a.raw", &bytes);
    for (what, name) in [("VTI, raw", "a.vti"), ("NIfTI", "a.nii"), ("NIfTI, gzip", "a.nii.gz"), ("NPY", "a.npy")] {
        let mut data = Vec::new();
        Target::of(Path::new(name)).unwrap().volume(&mut data, &frame, None, &levels).unwrap().unwrap();
        put(what, name, &data);
    }
    let header = |text: String, body: &[u8]| [text.as_bytes(), body].concat();
    let nrrd = |encoding: &str| {
        format!(
            "NRRD0004\ntype: uint16\ndimension: 3\nsizes: {n} {n} {n}\nendian: little\nencoding: {encoding}\nspacings: 0.01 0.01 0.01\n\n"
        )
    };
    put("NRRD, raw", "raw.nrrd", &header(nrrd("raw"), &bytes));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&bytes).unwrap();
    put("NRRD, gzip", "gzip.nrrd", &header(nrrd("gzip"), &gzip.finish().unwrap()));
    let text: String = values.chunks(16).fold(String::new(), |mut text, row| {
        row.iter().for_each(|v| write!(text, "{v} ").unwrap());
        text + "\n"
    });
    put("NRRD, text", "text.nrrd", &header(nrrd("text"), text.as_bytes()));
    let meta = format!(
        "ObjectType = Image\nNDims = 3\nDimSize = {n} {n} {n}\nElementSpacing = 0.01 0.01 0.01\nElementType = MET_USHORT\n\
         ElementDataFile = LOCAL\n"
    );
    put("MetaImage", "a.mha", &header(meta, &bytes));
    let vtk = format!(
        "# vtk DataFile Version 3.0\na\nBINARY\nDATASET STRUCTURED_POINTS\nDIMENSIONS {n} {n} {n}\nSPACING 0.01 0.01 0.01\n\
         ORIGIN 0 0 0\nPOINT_DATA {}\nSCALARS im unsigned_short 1\nLOOKUP_TABLE default\n",
        n * n * n
    );
    let big: Vec<u8> = values.iter().flat_map(|v| v.to_be_bytes()).collect();
    put("legacy VTK", "a.vtk", &header(vtk, &big));
    let mut isq = vec![0u8; 512];
    isq[..16].copy_from_slice(b"CTDATA-HEADER_V1");
    for a in 0..3 {
        isq[44 + 4 * a..48 + 4 * a].copy_from_slice(&(n as u32).to_le_bytes());
        isq[56 + 4 * a..60 + 4 * a].copy_from_slice(&(10 * n as u32).to_le_bytes());
    }
    put("ISQ", "a.isq", &[&isq[..], &bytes].concat());
    put("DICOM, frames", "a.dcm", &dicom(&bytes, n, n, 0));
    let mut tiff = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut tiff).unwrap();
    for slice in values.chunks(n * n) {
        encoder.write_image::<tiff::encoder::colortype::Gray16>(n as u32, n as u32, slice).unwrap();
    }
    put("TIFF, pages", "a.tif", &tiff.into_inner());
    for (what, kind) in [("PNG, slices", "png"), ("BMP, slices (8-bit)", "bmp"), ("DICOM, series", "dcm")] {
        std::fs::create_dir(folder.join(kind)).unwrap();
        for (k, slice) in values.chunks(n * n).enumerate() {
            let data = match kind {
                "png" => png(slice, n),
                "bmp" => bmp(slice, n),
                _ => dicom(&little(slice), n, 1, k),
            };
            std::fs::write(folder.join(kind).join(format!("{k}.{kind}")), data).unwrap();
        }
        all.push((what, folder.join(kind), None));
    }
    all
}

fn png(slice: &[u16], n: usize) -> Vec<u8> {
    let mut data = Vec::new();
    let mut encoder = png::Encoder::new(&mut data, n as u32, n as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Sixteen);
    let bytes: Vec<u8> = slice.iter().flat_map(|v| v.to_be_bytes()).collect();
    encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
    data
}

fn bmp(slice: &[u16], n: usize) -> Vec<u8> {
    let mut data = b"BM\0\0\0\0\0\0\0\0".to_vec();
    data.extend((54u32 + 1024).to_le_bytes());
    data.extend(40u32.to_le_bytes());
    data.extend([n as i32; 2].iter().flat_map(|v| v.to_le_bytes()));
    data.extend([1, 0, 8, 0]);
    data.extend([0; 24]);
    (0..=255).for_each(|k: u8| data.extend([k, k, k, 0]));
    for row in slice.chunks(n) {
        data.extend(row.iter().map(|v| (v >> 4) as u8));
        data.resize(data.len().next_multiple_of(4) + if n.is_multiple_of(4) { 2 } else { 0 }, 0);
    }
    data
}

/// A mesh in every format.
fn meshes(folder: &Path, mesh: &Mesh) -> Vec<(&'static str, PathBuf, Option<RawLayout>)> {
    let mut all = Vec::new();
    let mut put = |what: &'static str, name: &str, data: &[u8]| {
        std::fs::write(folder.join(name), data).unwrap();
        all.push((what, folder.join(name), None));
    };
    for (what, name) in [("STL, binary", "a.stl"), ("PLY, binary", "a.ply")] {
        let mut data = Vec::new();
        Target::of(Path::new(name)).unwrap().mesh(&mut data, mesh).unwrap().unwrap();
        put(what, name, &data);
    }
    let points = |mut text: String, open: &str, close: &str| {
        for v in &mesh.vertices {
            writeln!(text, "{open}{:.6} {:.6} {:.6}{close}", v.x / 1e3, v.y / 1e3, v.z / 1e3).unwrap();
        }
        text
    };
    let faces = |mut text: String, open: &str, base: u32| {
        mesh.triangles
            .iter()
            .for_each(|t| writeln!(text, "{open}{} {} {}", t[0] + base, t[1] + base, t[2] + base).unwrap());
        text
    };
    put("OBJ", "a.obj", faces(points(String::new(), "v ", ""), "f ", 1).as_bytes());
    let (vertices, triangles) = (mesh.vertices.len(), mesh.triangles.len());
    put("OFF", "a.off", faces(points(format!("OFF\n{vertices} {triangles} 0\n"), "", ""), "3 ", 0).as_bytes());
    let ply = format!(
        "ply\nformat ascii 1.0\nelement vertex {vertices}\nproperty float x\nproperty float y\nproperty float z\n\
         element face {triangles}\nproperty list uchar int vertex_indices\nend_header\n"
    );
    put("PLY, text", "text.ply", faces(points(ply, "", ""), "3 ", 0).as_bytes());
    let mut stl = "solid a\n".to_owned();
    for t in &mesh.triangles {
        stl.push_str("facet normal 0 0 0\nouter loop\n");
        for v in t.map(|k| mesh.vertices[k as usize]) {
            writeln!(stl, "vertex {:.6} {:.6} {:.6}", v.x / 1e3, v.y / 1e3, v.z / 1e3).unwrap();
        }
        stl.push_str("endloop\nendfacet\n");
    }
    put("STL, text", "text.stl", (stl + "endsolid a\n").as_bytes());
    put("3MF", "a.3mf", &threemf(mesh));
    put("glTF, packed", "a.glb", &glb(mesh));
    all
}

fn threemf(mesh: &Mesh) -> Vec<u8> {
    let mut model =
        "<model unit=\"millimeter\" xmlns=\"http://schemas.microsoft.com/3dmanufacturing/core/2015/02\"><resources>\
                     <object id=\"1\"><mesh><vertices>"
            .to_owned();
    for v in &mesh.vertices {
        write!(model, "<vertex x=\"{:.6}\" y=\"{:.6}\" z=\"{:.6}\"/>", v.x / 1e3, v.y / 1e3, v.z / 1e3).unwrap();
    }
    model.push_str("</vertices><triangles>");
    for t in &mesh.triangles {
        write!(model, "<triangle v1=\"{}\" v2=\"{}\" v3=\"{}\"/>", t[0], t[1], t[2]).unwrap();
    }
    model.push_str("</triangles></mesh></object></resources><build><item objectid=\"1\"/></build></model>");
    let relations = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship \
                     Target=\"/3D/3dmodel.model\" Id=\"r\" Type=\"http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel\"/>\
                     </Relationships>";
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [("[Content_Types].xml", types), ("_rels/.rels", relations), ("3D/3dmodel.model", &*model)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn glb(mesh: &Mesh) -> Vec<u8> {
    let points: Vec<u8> = mesh.vertices.iter().flatten().flat_map(|c| ((c / 1e6) as f32).to_le_bytes()).collect();
    let indices: Vec<u8> = mesh.triangles.iter().flatten().flat_map(|k| k.to_le_bytes()).collect();
    let (p, i) = (points.len(), indices.len());
    let mut json = format!(
        "{{\"asset\":{{\"version\":\"2.0\"}},\"scene\":0,\"scenes\":[{{\"nodes\":[0]}}],\"nodes\":[{{\"mesh\":0}}],\"meshes\":\
         [{{\"primitives\":[{{\"attributes\":{{\"POSITION\":0}},\"indices\":1,\"mode\":4}}]}}],\"accessors\":[{{\"bufferView\":0,\
         \"componentType\":5126,\"count\":{},\"type\":\"VEC3\"}},{{\"bufferView\":1,\"componentType\":5125,\"count\":{},\
         \"type\":\"SCALAR\"}}],\"bufferViews\":[{{\"buffer\":0,\"byteOffset\":0,\"byteLength\":{p}}},{{\"buffer\":0,\
         \"byteOffset\":{p},\"byteLength\":{i}}}],\"buffers\":[{{\"byteLength\":{}}}]}}",
        mesh.vertices.len(),
        3 * mesh.triangles.len(),
        p + i
    )
    .into_bytes();
    json.resize(json.len().next_multiple_of(4), b' ');
    let mut data = b"glTF\x02\0\0\0".to_vec();
    data.extend(((28 + json.len() + p + i) as u32).to_le_bytes());
    data.extend((json.len() as u32).to_le_bytes());
    data.extend(b"JSON");
    data.extend(json);
    data.extend(((p + i) as u32).to_le_bytes());
    data.extend(b"BIN\0");
    data.extend(points);
    data.extend(indices);
    data
}

/// Prints what each file takes, for each of `items`, and its speed against that of its bytes.
fn table(files: &[(&str, PathBuf, Option<RawLayout>)], items: usize, what: &str) {
    println!("{:24} {:>9} {:>9} {:>9} {:>8} {:>12}", "", "MB", "MB/s", "its bytes", "speed", format!("ns a {what}"));
    let limits = Limits::default();
    for (name, path, raw) in files {
        let time = seconds(|| drop(std::hint::black_box(load_with(path, raw.as_ref(), &limits).unwrap())));
        let least = seconds(|| bytes(path));
        let megabytes = length(path) as f64 / 1e6;
        let each = time / items as f64 * 1e9;
        println!(
            "{name:24} {megabytes:9.1} {:9.0} {:9.0} {:8.2} {each:12.1}",
            megabytes / time,
            megabytes / least,
            least / time
        );
    }
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let n = numbers.next().unwrap_or(200);
    let thousands = numbers.next().unwrap_or(500);
    let folder = tempfile::tempdir().unwrap();
    println!("{n}³ voxels of 16 bits");
    table(&volumes(folder.path(), n), n * n * n, "voxel");
    let exec = Exec::silent(2).unwrap();
    // A sheet of 2 × 2 × 2 cells has about 266 triangles for each square of samples along a cell.
    let samples = ((thousands as f64 * 1e3 / 266.0).sqrt() as usize).max(8);
    let sheet = Tpms::with_porosity(Surface::Gyroid, Form::Sheet, 1000.0, [2000.0; 3], 0.8, samples).unwrap();
    let mesh = sheet.mesh(&exec).unwrap();
    println!("\n{} triangles", mesh.triangles.len());
    table(&meshes(folder.path(), &mesh), mesh.triangles.len(), "triangle");
}
