//! Writers of meshes, volumes and networks.

pub mod network;
pub mod nifti;
pub mod npy;
pub mod nrrd;
pub mod ply;
pub mod stl;
pub mod vti;

use std::io::{self, Write};
use std::path::Path;

use crate::grid::{Frame, Levels, Lie, Mask};
use crate::mesh::Mesh;

/// What the name of a file says that it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A mesh, STL.
    Stl,
    /// A mesh, PLY.
    Ply,
    /// A volume, NRRD; of masks only.
    Nrrd,
    /// A volume, VTI.
    Vti,
    /// A volume, NIfTI.
    Nifti,
    /// A volume, NIfTI packed by gzip.
    NiftiGz,
    /// A volume, NPY.
    Npy,
}

impl Target {
    /// What the ending of a name stands for.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let endings = [
            (".stl", Self::Stl),
            (".ply", Self::Ply),
            (".nrrd", Self::Nrrd),
            (".vti", Self::Vti),
            (".nii", Self::Nifti),
            (".nii.gz", Self::NiftiGz),
            (".npy", Self::Npy),
        ];
        endings.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|e| e.1)
    }

    /// Writes a mesh; `None` where the format holds none.
    pub fn mesh(self, out: &mut impl Write, mesh: &Mesh) -> Option<io::Result<()>> {
        match self {
            Self::Stl => Some(stl::write(out, mesh)),
            Self::Ply => Some(ply::write(out, mesh)),
            _ => None,
        }
    }

    /// Writes a volume, whose axes lie as said or along the coordinates of the file; `None` where the format holds none, or
    /// none of grey levels.
    pub fn volume(
        self,
        out: &mut impl Write,
        frame: &Frame,
        lie: Option<&Lie>,
        levels: &Levels,
    ) -> Option<io::Result<()>> {
        match self {
            Self::Vti => Some(vti::write(out, frame, lie, levels)),
            Self::Nifti => Some(nifti::write(out, frame, lie, levels)),
            Self::NiftiGz => {
                let mut packer = flate2::write::GzEncoder::new(out, flate2::Compression::default());
                Some(nifti::write(&mut packer, frame, lie, levels).and_then(|()| packer.finish()?.flush()))
            }
            Self::Npy => Some(npy::write(out, frame, levels)),
            Self::Stl | Self::Ply | Self::Nrrd => None,
        }
    }
}

/// A mask as values: 255 in the set and 0 elsewhere.
#[must_use]
pub fn mask_levels(mask: &Mask) -> Levels {
    let [nx, ny, nz] = mask.size();
    let mut values = vec![0u8; nx * ny * nz];
    for (row, values) in values.chunks_mut(nx.max(1)).enumerate() {
        mask.runs(row % ny, row / ny, |from, to| values[from..to].fill(255));
    }
    Levels::U8(values)
}

/// The name of the type of the values: of bytes, of 16 bits, or of single precision.
fn name<T>(levels: &Levels, [byte, short, single]: [T; 3]) -> T {
    match levels {
        Levels::U8(_) => byte,
        Levels::U16(_) => short,
        Levels::F32(_) => single,
    }
}

/// The values, little-endian.
fn values(out: &mut impl Write, levels: &Levels) -> io::Result<()> {
    const BLOCK: usize = 1 << 16;
    match levels {
        Levels::U8(v) => out.write_all(v),
        Levels::U16(v) => v
            .chunks(BLOCK)
            .try_for_each(|c| out.write_all(&c.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())),
        Levels::F32(v) => v
            .chunks(BLOCK)
            .try_for_each(|c| out.write_all(&c.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())),
    }
}
