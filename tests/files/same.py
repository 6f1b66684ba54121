"""Writes one volume and one mesh in every format, for `tests/formats.rs` to measure: the figures have to be the same.

Needs what make.py needs, Pillow, python-gdcm, and itk-ioscanco to read back what is written for it here. The volume has 24 x 16 x 16
voxels of 1/64 x 1/64 x 1/32 mm with 8-bit grey levels; the mesh is a frame of bars of 1/512 m. All numbers are exact in
every format: as binary floats of 32 bits, in decimals of mm, and along each axis in whole micrometres.
"""

import pathlib
import struct
import tempfile

import gdcm
import itk
import lib3mf
import nibabel
import nrrd
import numpy as np
import PIL.Image
import pydicom
import pydicom.encaps
import pydicom.uid
import SimpleITK
import tifffile
import trimesh
import vtk
from vtk.util import numpy_support

here = pathlib.Path(__file__).parent / "same"
here.mkdir(exist_ok=True)
size, spacing = (24, 16, 16), (0.015625, 0.015625, 0.03125)
x, y, z = np.meshgrid(*[(np.arange(n) + 0.5) * s * 1e3 for n, s in zip(size, spacing)], indexing="ij")
turn = 2 * np.pi / np.array([190.0, 130.0, 240.0])
sheet = np.abs(np.sin(turn[0] * x) * np.cos(turn[1] * y) + np.sin(turn[1] * y) * np.cos(turn[2] * z)
               + np.sin(turn[2] * z) * np.cos(turn[0] * x))
values = np.clip(np.round(220 - 160 * sheet), 0, 255).astype(np.uint8)
zyx = np.ascontiguousarray(values.transpose())
wide = values.astype(np.uint16)

# Arrays and what holds voxels alone.
np.save(here / "c-order.npy", values)
np.save(here / "float64.npy", values.astype(">f8", order="F"))
np.savez_compressed(here / "array.npz", im=values)
values.astype(">i4").ravel(order="F").tofile(here / "i32be.raw")

for name, kind, array in [("one.nii", nibabel.Nifti1Image, values), ("one.nii.gz", nibabel.Nifti1Image, wide),
                          ("two.nii", nibabel.Nifti2Image, values.astype(np.int16))]:
    image = kind(array, np.diag([*spacing, 1.0]))
    image.header.set_xyzt_units("mm")
    nibabel.save(image, here / name)

for name, encoding in [("raw.nrrd", "raw"), ("gzip.nrrd", "gzip"), ("bzip2.nrrd", "bzip2"), ("text.nrrd", "ascii")]:
    nrrd.write(str(here / name), values, {"space": "left-posterior-superior", "space directions": np.diag(spacing),
                                          "space origin": [0.0, 0.0, 0.0], "space units": ["mm", "mm", "mm"],
                                          "encoding": encoding})

image = SimpleITK.GetImageFromArray(zyx)
image.SetSpacing(spacing)
SimpleITK.WriteImage(image, here / "raw.mha")
SimpleITK.WriteImage(image, here / "packed.mha", useCompression=True)
SimpleITK.WriteImage(SimpleITK.Cast(image, SimpleITK.sitkFloat32), here / "float.mhd")
SimpleITK.WriteImage(image, here / "sitk.vtk")

cells = vtk.vtkImageData()
cells.SetDimensions(*[n + 1 for n in size])
cells.SetSpacing(*spacing)
cells.SetOrigin(*[-s / 2 for s in spacing])
points = vtk.vtkImageData()
points.SetDimensions(*size)
points.SetSpacing(*spacing)
for grid, data in [(cells, cells.GetCellData()), (points, points.GetPointData())]:
    array = numpy_support.numpy_to_vtk(values.ravel(order="F"), deep=True)
    array.SetName("im")
    data.SetScalars(array)
for name, grid, mode, big, packed in [("raw.vti", cells, 2, False, False), ("packed.vti", points, 2, True, True),
                                      ("base64.vti", cells, 1, False, True), ("text.vti", points, 0, False, False)]:
    writer = vtk.vtkXMLImageDataWriter()
    writer.SetFileName(str(here / name))
    writer.SetInputData(grid)
    writer.SetCompressorTypeToZLib() if packed else writer.SetCompressorTypeToNone()
    writer.SetByteOrderToBigEndian() if big else writer.SetByteOrderToLittleEndian()
    writer.SetDataMode(mode)
    writer.EncodeAppendedDataOff()
    writer.Write()

# Pages and slices.
tifffile.imwrite(here / "imagej.tif", zyx, imagej=True, resolution=(64, 64),
                 metadata={"axes": "ZYX", "spacing": 0.03125, "unit": "mm"})
for name, packing in [("ome-packbits.tif", "packbits"), ("ome-lzw.tif", "lzw"), ("ome-deflate.tif", "zlib")]:
    tifffile.imwrite(here / name, zyx, ome=True, compression=packing, metadata={
        "axes": "ZYX", "PhysicalSizeX": 15.625, "PhysicalSizeY": 15.625, "PhysicalSizeZ": 31.25,
        "PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm", "PhysicalSizeZUnit": "µm"})
for kind in ["png", "bmp", "tif"]:
    (here / f"slices-{kind}").mkdir(exist_ok=True)
    for k in range(size[2]):
        PIL.Image.fromarray(zyx[k]).save(here / f"slices-{kind}" / f"slice{k}.{kind}")


def dicom(pixels, name, syntax, number=1, **more):
    """A CT slice, or a file of several frames, of pixels indexed [row, column]."""
    meta = pydicom.dataset.FileMetaDataset()
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian if syntax == pydicom.uid.RLELossless else syntax
    meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
    meta.ImplementationClassUID = "1.2.3"
    data = pydicom.Dataset()
    data.file_meta = meta
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.SeriesInstanceUID, data.Modality, data.InstanceNumber = "1.2.4", "CT", number
    data.Rows, data.Columns = pixels.shape[-2:]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    bits = 8 * pixels.dtype.itemsize
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = bits, bits, bits - 1, 0
    data.PixelSpacing, data.ImageOrientationPatient = [spacing[1], spacing[0]], [1, 0, 0, 0, 1, 0]
    for key, value in more.items():
        setattr(data, key, value)
    big = syntax == pydicom.uid.ExplicitVRBigEndian
    data.PixelData = pixels.astype(pixels.dtype.newbyteorder(">" if big else "<")).tobytes()
    data["PixelData"].VR = "OW" if bits == 16 else "OB"
    if syntax == pydicom.uid.RLELossless:
        data.compress(syntax)
    data.save_as(name, enforce_file_format=True)


(here / "series").mkdir(exist_ok=True)
for k in range(size[2]):
    dicom(zyx[k], here / "series" / f"{k}.dcm", pydicom.uid.ImplicitVRLittleEndian, k,
          ImagePositionPatient=[0.0, 0.0, spacing[2] * k])
frames = {"NumberOfFrames": size[2], "SpacingBetweenSlices": spacing[2]}
for name, syntax, pixels in [
    ("explicit.dcm", pydicom.uid.ExplicitVRLittleEndian, zyx),
    ("big-endian.dcm", pydicom.uid.ExplicitVRBigEndian, zyx.astype(np.uint16)),
    ("deflated.dcm", pydicom.uid.DeflatedExplicitVRLittleEndian, zyx),
    ("runs8.dcm", pydicom.uid.RLELossless, zyx),
    ("runs16.dcm", pydicom.uid.RLELossless, zyx.astype(np.uint16)),
]:
    dicom(pixels, here / name, syntax, **frames)


def pictures(source, name, syntax):
    """The same file with each frame packed as a JPEG by GDCM."""
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(here / source))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    with tempfile.NamedTemporaryFile(suffix=".dcm") as packed:
        writer.SetFileName(packed.name)
        assert writer.Write()
        found = pydicom.dcmread(packed.name)
    parts = list(pydicom.encaps.generate_frames(found.PixelData, number_of_frames=int(found.NumberOfFrames)))
    data = pydicom.dcmread(here / source)
    data.PixelData = pydicom.encaps.encapsulate(parts)
    data["PixelData"].VR = "OB"
    data.file_meta.TransferSyntaxUID = found.file_meta.TransferSyntaxUID
    data.save_as(here / name, enforce_file_format=True)


pictures("explicit.dcm", "jpeg8.dcm", gdcm.TransferSyntax.JPEGLosslessProcess14_1)
pictures("runs16.dcm", "jpeg16.dcm", gdcm.TransferSyntax.JPEGLosslessProcess14)
pictures("explicit.dcm", "../jpeg-lossy.dcm", gdcm.TransferSyntax.JPEGBaselineProcess1)


def isq(name, blocks):
    """A scan as the scanner writes it, with more or fewer blocks before the voxels."""
    head = bytearray(512 * (blocks + 1))
    voxels = values.astype("<i2").ravel(order="F").tobytes()
    head[:16] = b"CTDATA-HEADER_V1"
    struct.pack_into("<5i", head, 16, 3, len(voxels), len(voxels) // 512, 1, 2)
    struct.pack_into("<6i", head, 44, *size, *[round(n * s * 1e3) for n, s in zip(size, spacing)])
    struct.pack_into("<6i", head, 68, 31, 31, 0, int(values.min()), int(values.max()), 4096)
    struct.pack_into("<i", head, 508, blocks)
    (here / name).write_bytes(bytes(head) + voxels)


def vms(value):
    """A float of VMS: four times the number, its words of 16 bits turned."""
    b = struct.pack("<f", 4 * value)
    return b[2:] + b[:2]


def aim(name, version, kind, body):
    """A volume of IPL, version 20 or 30."""
    number = "<i" if version == 20 else "<q"
    log = b"! a log\nMu_Scaling                                    4096\n\0"
    start = b"" if version == 20 else b"AIMDATA_V030   \0"
    triple = lambda *n: b"".join(struct.pack(number, k) for k in n)
    head = struct.pack("<5i" if version == 20 else "<3i", *([16, 0, 0, 0, 0] if version == 20 else [24, 0, 0]))
    head += struct.pack("<i", kind) + triple(0, 0, 0) + triple(*size) + triple(*[0] * 15)
    if version == 20:
        head += b"".join(vms(s) for s in spacing) + bytes(20)
    else:
        head += triple(*[round(s * 1e6) for s in spacing]) + bytes(16)
    assert len(head) == (140 if version == 20 else 224)
    lengths = triple(20 if version == 20 else 40, len(head), len(log), len(body), 0)
    (here / name).write_bytes(start + lengths + head + log + body)


isq("short.isq", 0)
isq("long.isq", 6)
flat = values.ravel(order="F")
for version in (20, 30):
    aim(f"short{version}.aim", version, 0x00020002, flat.astype("<i2").tobytes())
    aim(f"uchar{version}.aim", version, 0x00160001, flat.tobytes())
for name in ["short.isq", "long.isq", "short20.aim", "short30.aim", "uchar20.aim", "uchar30.aim"]:
    kind = itk.ctype("short") if "short" in name or "isq" in name else itk.UC
    back = itk.imread(str(here / name), kind, imageio=itk.ScancoImageIO.New())
    assert (itk.array_from_image(back) == zyx).all(), name
    assert np.allclose(back.GetSpacing(), spacing, rtol=1e-7), (name, back.GetSpacing())

# A mask of two values in the packed types of IPL, and with a bit a pixel in DICOM.
mask = (values > 128).astype(np.uint8)
np.save(here / "mask.npy", mask * 127)
padded = np.pad(mask, [(0, n % 2) for n in size])
cell = sum(padded[i::2, j::2, k::2].astype(np.int64) << (i + 2 * j + 4 * k)
           for i in (0, 1) for j in (0, 1) for k in (0, 1))
packed = cell.astype(np.uint8).ravel(order="F").tobytes() + bytes([127])
runs, turns, last, count = bytearray(), bytearray(), None, 0
for value in list(mask.ravel(order="F") * 127) + [None]:
    if value == last and count < 254:
        count += 1
        continue
    if last is not None:
        runs += bytes([last, count])
        turns.append(255 if value == last else count)
    last, count = value, 1
first = int(mask.ravel(order="F")[0]) * 127
for version in (20, 30):
    length = lambda body: struct.pack("<i" if version == 20 else "<q", len(body) + (4 if version == 20 else 8))
    two = bytes([first, 127 - first]) + bytes(turns)
    aim(f"mask-bits{version}.aim", version, 0x00060001, packed)
    aim(f"mask-turns{version}.aim", version, 0x00150001, length(two) + two)
    aim(f"mask-pairs{version}.aim", version, 0x00080002, length(runs) + runs)
# Of packed bits that reader takes another row of bytes for each row of voxels, so it cannot say more than the first row;
# of pairs it takes the length first.
for name in ["mask-turns20.aim", "mask-turns30.aim"]:
    back = itk.imread(str(here / name), itk.UC, imageio=itk.ScancoImageIO.New())
    assert (itk.array_from_image(back) == mask.transpose() * 127).all(), name
dicom(zyx, here / "mask-bits.dcm", pydicom.uid.ExplicitVRLittleEndian, **frames)
data = pydicom.dcmread(here / "mask-bits.dcm")
data.BitsAllocated, data.BitsStored, data.HighBit = 1, 1, 0
data.PixelData = np.packbits(mask.ravel(order="F"), bitorder="little").tobytes()
data.save_as(here / "mask-bits.dcm", enforce_file_format=True)

# The mesh: the cells of 3 x 3 x 3 that lie on an edge of the cube.
bars = np.sum([c != 1 for c in np.indices((3, 3, 3))], axis=0) >= 2
faces, corners = [], {}
for cell in np.argwhere(bars):
    for axis in range(3):
        for side in (0, 1):
            beside = cell + (2 * side - 1) * np.eye(3, dtype=int)[axis]
            if (beside >= 0).all() and (beside < 3).all() and bars[tuple(beside)]:
                continue
            u, v = (axis + 1) % 3, (axis + 2) % 3
            quad = []
            for du, dv in [(0, 0), (1, 0), (1, 1), (0, 1)] if side else [(0, 0), (0, 1), (1, 1), (1, 0)]:
                corner = cell.copy()
                corner[axis] += side
                corner[u] += du
                corner[v] += dv
                quad.append(corners.setdefault(tuple(int(c) for c in corner), len(corners)))
            faces += [[quad[0], quad[1], quad[2]], [quad[0], quad[2], quad[3]]]
metres = np.array(list(corners)) / 512
frame = trimesh.Trimesh(metres * 1000, faces, process=False)
assert frame.is_watertight and frame.volume > 0
for ending in ["ply", "obj", "off", "stl"]:
    frame.export(here / f"frame.{ending}", **({"digits": 12} if ending in ("obj", "off") else {}))
frame.export(here / "frame-text.stl", file_type="stl_ascii")
frame.export(here / "frame-text.ply", encoding="ascii")
for ending in ["glb", "gltf"]:
    trimesh.Trimesh(metres, faces, process=False).export(here / f"frame.{ending}", **(
        {"merge_buffers": True, "embed_buffers": True} if ending == "gltf" else {}))
model = lib3mf.get_wrapper().CreateModel()
model.SetUnit(lib3mf.ModelUnit.MilliMeter)
mesh = model.AddMeshObject()
for corner in metres * 1000:
    position = lib3mf.Position()
    position.Coordinates[:] = corner
    mesh.AddVertex(position)
for face in faces:
    triangle = lib3mf.Triangle()
    triangle.Indices[:] = face
    mesh.AddTriangle(triangle)
model.AddBuildItem(mesh, lib3mf.get_wrapper().GetIdentityTransform())
model.QueryWriter("3mf").WriteToFile(str(here / "frame.3mf"))
