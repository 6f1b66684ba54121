//! `.npz`: a ZIP archive of `NumPy` arrays, of which exactly one has three dimensions.

use std::io::{Cursor, Read as _};

use super::npy;
use crate::input::{InputError, InputErrorKind, Read};
use crate::limits::Limits;

/// Whether the archive holds arrays.
#[must_use]
pub fn looks_like(data: &[u8]) -> bool {
    zip::ZipArchive::new(Cursor::new(data))
        .is_ok_and(|archive| archive.file_names().flatten().any(|name| name.ends_with(".npy")))
}

/// Reads the one volume of an archive.
///
/// # Errors
/// When the archive is broken, or holds none or several volumes.
pub fn read(data: &[u8], limits: &Limits) -> Read {
    let broken = |e: &dyn std::fmt::Display| {
        InputError::new(InputErrorKind::Malformed, format!("is no whole archive: {e}")).remedy("save it again")
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(data)).map_err(|e| broken(&e))?;
    let mut found: Option<(String, Read)> = None;
    let mut names = Vec::new();
    for i in 0..archive.len() {
        let entry = archive.by_index(i).map_err(|e| broken(&e))?;
        let name = entry.name().map_err(|e| broken(&e))?.into_owned();
        limits.check(&name, entry.size(), 1)?;
        let size = entry.size();
        let mut bytes = Vec::new();
        entry.take(size + 1).read_to_end(&mut bytes).map_err(|e| broken(&e))?;
        let volume = npy::read(&bytes, limits);
        match volume {
            // Scalars and tables beside the volume are no matter.
            Err(e) if e.kind == InputErrorKind::Unsupported => names.push(name),
            // What is broken may be the volume that is meant.
            Err(e) => {
                let at = e.at.as_ref().map_or_else(|| name.clone(), |at| format!("{name}, {at}"));
                return Err(e.at(at));
            }
            other if found.is_none() => found = Some((name, other)),
            _ => {
                let first = found.map(|f| f.0).unwrap_or_default();
                return Err(InputError::new(
                    InputErrorKind::Unsupported,
                    format!("holds several volumes: `{first}`, `{name}`"),
                )
                .remedy("save the one that is meant as .npy"));
            }
        }
    }
    found.map(|f| f.1).unwrap_or_else(|| {
        Err(InputError::new(
            InputErrorKind::Unsupported,
            format!("holds no three-dimensional array of numbers ({})", names.join(", ")),
        )
        .remedy("save one three-dimensional array, indexed [x, y, z]"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Content;
    use std::io::Write as _;

    fn npy(shape: &str, n: usize) -> Vec<u8> {
        let header = format!("{{'descr': '|b1', 'fortran_order': False, 'shape': {shape}, }}");
        let mut data = b"\x93NUMPY\x01\x00".to_vec();
        data.extend((header.len() as u16).to_le_bytes());
        data.extend(header.as_bytes());
        data.extend((0..n).map(|i| (i % 2) as u8));
        data
    }

    fn archive(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, data) in entries {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(data).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn the_one_volume_is_found_and_two_are_too_many() {
        let limits = Limits { memory: 1 << 20 };
        let one = archive(&[("name.npy", npy("(2,)", 2)), ("im.npy", npy("(2, 3, 4)", 24))]);
        assert!(looks_like(&one));
        let Content::Volume { volume, .. } = read(&one, &limits).unwrap().0 else { panic!("a volume") };
        assert_eq!(volume.size, [2, 3, 4]);
        let two = archive(&[("a.npy", npy("(2, 3, 4)", 24)), ("b.npy", npy("(2, 3, 4)", 24))]);
        assert_eq!(read(&two, &limits).unwrap_err().kind, InputErrorKind::Unsupported);
        let broken = archive(&[("a.npy", npy("(2, 3, 4)", 24)), ("b.npy", npy("(2, 3, 4)", 20))]);
        let error = read(&broken, &limits).unwrap_err();
        assert_eq!((error.kind, error.at.as_deref()), (InputErrorKind::Truncated, Some("b.npy")));
        for n in (0..one.len()).step_by(3) {
            assert!(read(&one[..n], &limits).is_err(), "cut at {n}");
        }
    }
}
