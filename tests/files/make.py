"""Makes the files of this folder with the programs that others use, for `tests/files.rs` to read back.

Needs nibabel, pynrrd, tifffile, SimpleITK, pydicom, trimesh (with networkx), pyvista and lib3mf. Volumes have 5 x 6 x 7 voxels of the value
x + 10 y + 100 z, 12 x 12 x 20 um apart; meshes are a box of 1 x 2 x 3 mm.
"""

import pathlib
import struct

import lib3mf
import nibabel
import nrrd
import numpy as np
import pydicom
import pyvista
import SimpleITK
import tifffile
import trimesh
import vtk
import vtk.util.numpy_support

here = pathlib.Path(__file__).parent
size, spacing = (5, 6, 7), (0.012, 0.012, 0.020)
x, y, z = np.meshgrid(*[np.arange(n) for n in size], indexing="ij")
values = (x + 10 * y + 100 * z).astype(np.uint16)
zyx = np.ascontiguousarray(values.transpose())

np.save(here / "numpy.npy", values)
np.savez_compressed(here / "numpy.npz", im=values)
values.ravel(order="F").astype(">u2").tofile(here / "numpy.raw")

for name, kind in [("nibabel.nii.gz", nibabel.Nifti1Image), ("nibabel2.nii", nibabel.Nifti2Image)]:
    image = kind(values, np.diag([*spacing, 1.0]))
    image.header.set_xyzt_units("mm")
    nibabel.save(image, here / name)

header = {"space": "left-posterior-superior", "space directions": np.diag(spacing), "space origin": [1.0, 2.0, 3.0],
          "space units": ["mm", "mm", "mm"]}
nrrd.write(str(here / "pynrrd.nrrd"), values, header)

image = SimpleITK.GetImageFromArray(zyx)
image.SetSpacing(spacing)
SimpleITK.WriteImage(image, here / "simpleitk.mha", useCompression=True)
SimpleITK.WriteImage(image, here / "simpleitk.nrrd", useCompression=True)
SimpleITK.WriteImage(image, here / "simpleitk.nii.gz")
SimpleITK.WriteImage(image, here / "simpleitk.vtk")

# x along -y, y along x and down, z along x and up; the coordinates run to the left, the back and the head.
turn = np.array([[0, 0.8, 0.6], [-1, 0, 0], [0, -0.6, 0.8]])
image.SetDirection(turn.ravel())
image.SetOrigin((1.0, 2.0, 3.0))
for name in ["turned.mha", "turned.nrrd", "turned.nii.gz"]:
    SimpleITK.WriteImage(image, here / name, useCompression=True)
turned = vtk.vtkImageData()
turned.SetDimensions(size)
turned.SetSpacing(spacing)
turned.SetOrigin(1.0, 2.0, 3.0)
turned.SetDirectionMatrix(turn.ravel())
turned.GetPointData().SetScalars(vtk.util.numpy_support.numpy_to_vtk(values.ravel(order="F")))
turned.GetPointData().GetScalars().SetName("im")
writer = vtk.vtkXMLImageDataWriter()
writer.SetFileName(str(here / "turned.vti"))
writer.SetInputData(turned)
writer.Write()

tifffile.imwrite(here / "imagej.tif", zyx, imagej=True, resolution=(1 / 0.012, 1 / 0.012),
                 metadata={"axes": "ZYX", "spacing": 0.020, "unit": "mm"})
tifffile.imwrite(here / "ome.ome.tif", zyx, ome=True, compression="zlib", metadata={
    "axes": "ZYX", "PhysicalSizeX": 12.0, "PhysicalSizeY": 12.0, "PhysicalSizeZ": 20.0,
    "PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm", "PhysicalSizeZUnit": "µm"})

points = pyvista.ImageData(dimensions=size, spacing=spacing, origin=(1.0, 2.0, 3.0))
points.point_data["im"] = values.ravel(order="F")
points.save(here / "pyvista.vti")
cells = pyvista.ImageData(dimensions=[n + 1 for n in size], spacing=spacing, origin=(1.0, 2.0, 3.0))
cells.cell_data["im"] = values.ravel(order="F")
for name, mode, big, packed in [
    ("vtk-raw.vti", "appended-raw", False, False),
    ("vtk-raw-zlib.vti", "appended-raw", True, True),
    ("vtk-base64.vti", "appended", False, True),
    ("vtk-ascii.vti", "ascii", False, False),
]:
    writer = vtk.vtkXMLImageDataWriter()
    writer.SetFileName(str(here / name))
    writer.SetInputData(cells)
    writer.SetCompressorTypeToZLib() if packed else writer.SetCompressorTypeToNone()
    writer.SetByteOrderToBigEndian() if big else writer.SetByteOrderToLittleEndian()
    if mode == "ascii":
        writer.SetDataModeToAscii()
    else:
        writer.SetDataModeToAppended()
        writer.SetEncodeAppendedData(mode == "appended")
    writer.Write()
for name, text in [("vtk.vtk", False), ("vtk-ascii.vtk", True)]:
    writer = vtk.vtkStructuredPointsWriter()
    writer.SetFileName(str(here / name))
    writer.SetInputData(points)
    writer.SetFileTypeToASCII() if text else writer.SetFileTypeToBinary()
    writer.Write()

box = trimesh.creation.box([1.0, 2.0, 3.0])
for ending in ["stl", "ply", "obj", "off", "3mf", "glb"]:
    box.export(here / f"trimesh.{ending}")

model = lib3mf.get_wrapper().CreateModel()
model.SetUnit(lib3mf.ModelUnit.MicroMeter)
mesh = model.AddMeshObject()
corners = [(0.0, 0.0, 0.0), (1000.0, 0.0, 0.0), (1000.0, 0.0, 2000.0)]
for corner in corners:
    position = lib3mf.Position()
    position.Coordinates[:] = corner
    mesh.AddVertex(position)
lattice = mesh.BeamLattice()
lattice.SetMinLength(1.0)
for ends, radii, caps in [
    ((0, 1), (100.0, 100.0), (lib3mf.BeamLatticeCapMode.HemiSphere, lib3mf.BeamLatticeCapMode.Butt)),
    ((1, 2), (100.0, 50.0), (lib3mf.BeamLatticeCapMode.Sphere, lib3mf.BeamLatticeCapMode.Butt)),
]:
    beam = lib3mf.Beam()
    beam.Indices[:] = ends
    beam.Radii[:] = radii
    beam.CapModes[:] = [int(c) for c in caps]
    lattice.AddBeam(beam)
model.AddBuildItem(mesh, lib3mf.get_wrapper().GetIdentityTransform())
model.QueryWriter("3mf").WriteToFile(str(here / "lib3mf-beams.3mf"))


def dicom(pixels, name, number, **more):
    """A CT slice, or a file of several frames, of pixels indexed [row, column]."""
    meta = pydicom.dataset.FileMetaDataset()
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
    meta.ImplementationClassUID = "1.2.3"
    data = pydicom.Dataset()
    data.file_meta = meta
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.SeriesInstanceUID, data.Modality, data.InstanceNumber = "1.2.4", "CT", number
    data.Rows, data.Columns = pixels.shape[-2:]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelSpacing, data.ImageOrientationPatient = [0.012, 0.012], [1, 0, 0, 0, 1, 0]
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    for key, value in more.items():
        setattr(data, key, value)
    data.PixelData = (pixels.view(np.uint16) & 0xFFF).tobytes()
    data.save_as(name, enforce_file_format=True)


(here / "series").mkdir(exist_ok=True)
for k in range(size[2]):
    # Neither the names nor the numbers are in the order of the places.
    number = (3 * k) % size[2]
    dicom(zyx[k], here / "series" / f"{size[2] - number}.dcm", number, ImagePositionPatient=[1.0, 2.0, 3.0 + 0.020 * k])
# Stored as 12-bit numbers of either sign, half of the value less 100.
dicom(((zyx.astype(np.int32) - 200) // 2).astype(np.int16), here / "pydicom.dcm", 1, NumberOfFrames=size[2],
      RescaleSlope=2, RescaleIntercept=200, SpacingBetweenSlices=0.020)


def bmp(pixels):
    """A grey picture as NRecon writes it: 1134 bytes before the pixels, and rows from the bottom up."""
    rows, columns = pixels.shape
    padded = np.pad(pixels[::-1], [(0, 0), (0, -columns % 4)])
    head = b"BM" + struct.pack("<IHHI", 1134 + padded.size, 0, 0, 1134)
    head += struct.pack("<IiiHHIIiiII", 40, columns, rows, 1, 8, 0, padded.size, 0, 0, 256, 0)
    palette = b"".join(bytes([k, k, k, 0]) for k in range(256))
    return (head + palette).ljust(1134, b"\0") + padded.tobytes()


# What a scanner of Bruker and NRecon leave in a folder: every second section as a slice (of the values x + 5 y + 30 z, for
# a byte holds no more), the view from the side, and a log of which the first section knows the size of a pixel before
# binning. No such program is at hand: the layout follows logs and readers that are public.
folder = here / "skyscan"
folder.mkdir(exist_ok=True)
grey = (x + 5 * y + 30 * z).astype(np.uint8).transpose()
for k in range(size[2]):
    (folder / f"scan_rec{421 + 2 * k:08d}.bmp").write_bytes(bmp(grey[k]))
(folder / "scan_rec_spr.bmp").write_bytes(bmp(grey[:, 0, :4]))
(folder / "scan_rec.log").write_bytes("\r\n".join([
    "[System]", "Scanner=SkyScan1272", "Camera Pixel Size (um)=7.4", "[Acquisition]", "Number Of Files=  315",
    "Number Of Rows=  672", "Number Of Columns= 1008", "Image Pixel Size (um)=6.000000",
    "Scaled Image Pixel Size (um)=6.000000", "Filter=Al 1mm", "Rotation Step (deg)=0.600", "[Reconstruction]",
    "Reconstruction Program=NRecon", "First Section=421", f"Last Section={421 + 2 * (size[2] - 1)}",
    "Section to Section Step=2", f"Sections Count={size[2]}", "Result File Type=BMP",
    "Result File Header Length (bytes)=1134", f"Result Image Width (pixels)={size[0]}",
    f"Result Image Height (pixels)={size[1]}", "Pixel Size (um)=12.00000", "Reconstruction Angular Range (deg)=189.00",
    "Undersampling factor=1", "CS Static Rotation (deg)=0.00", "[File name convention]", "Filename Index Length=8",
    "Filename Prefix=scan_rec", ""]).encode("latin-1"))
