#!/usr/bin/env python3
"""Measures poregauge and its peers on the same arrays and meshes, in turns, with the same number of threads.

    python3 benches/peers/run.py                     all: speed at 128 voxels a side, then what everyone reads
    python3 benches/peers/run.py speed [N ...]       wall and processor seconds, as a table of ratios
    python3 benches/peers/run.py bias                thickness and area of shapes of 4 to 32 voxels
    options: --only WORD (rows that contain it), --rounds 2, --threads 2, --patience 600 (seconds a run)

The first run makes a virtual environment in target/peers, installs the peers of requirements.txt there and builds
`cargo bench --bench peers`. taufactor needs PyTorch, several gigabytes with what it brings along: its rows are left out
unless it was put there by hand (`target/peers/venv/bin/pip install torch==2.15.0 taufactor==1.2.1`). Tables go to benches/peers/speed.md and benches/peers/bias.md.

Every measurement is a process of its own; rounds alternate between the two sides, and the fastest round of each
counts. Reading the file and warming up just-in-time compilers are not timed; reading a mesh is, on both sides.
"""

import argparse
import importlib.util
import json
import math
import os
import pathlib
import platform
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "peers"
PYTHON = WORK / "venv/bin/python"

# Operation: what it is, phantom, ours, peers with their threads, and the peer's figure that ours stands beside.
ROWS = [
    ("distance field", "gyroid", "field", ["edt"]),
    ("distance field", "blobs", "field", ["edt"]),
    ("labels of the void (6)", "gyroid", "labels", ["cc3d"]),
    ("labels of the void (6)", "blobs", "labels", ["cc3d"]),
    ("local thickness", "blobs", "thickness", ["porespy_bf", "localthickness", "localthickness_half"]),
    ("local thickness", "gyroid", "thickness", ["porespy_bf"]),
    ("Euler number of the solid (26)", "blobs", "euler", ["skimage_euler"]),
    ("surface", "gyroid", "surface", ["skimage_area", "simpleitk_area"]),
    ("accessible void and throat", "blobs", "access", ["porespy_porosimetry"]),
    ("diffusion along one axis", "gyroid", "diffusion", ["porespy_tortuosity"]),
    ("diffusion, held on outer faces", "gyroid", "diffusion-faces", ["taufactor", "taufactor_tight"]),
    ("diffusion, held on outer faces", "blobs", "diffusion-faces", ["taufactor", "taufactor_tight"]),
    ("signed field of a mesh", "mesh", "field-from-file", ["pyvista_inside", "meshlib_distance"]),
    ("whole measure", "gyroid", "measure", ["edt"]),
]


# --- Phantoms ------------------------------------------------------------------------------------------------------

def gyroid(n):
    """A gyroid sheet, nine tenths void, two and a half cells along a side; 1 is void."""
    import numpy as np
    t = (np.arange(n) + 0.5) / n * 2.5 * 2 * math.pi + 0.3
    x, y, z = t[:, None, None], t[None, :, None], t[None, None, :]
    level = np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x)
    return (np.abs(level) > np.quantile(np.abs(level), 0.1)).astype(np.uint8)


def blobs(n):
    """Smoothed noise cut at its median, features of n / 16 voxels; 1 is void."""
    import numpy as np
    from scipy import ndimage
    noise = np.random.default_rng(7).standard_normal((n, n, n)).astype(np.float32)
    smooth = ndimage.gaussian_filter(noise, n / 40, mode="wrap")
    return (smooth > np.median(smooth)).astype(np.uint8)


def phantom(name, n):
    import numpy as np
    path = WORK / f"{name}-{n}.npy"
    if not path.exists():
        np.save(path, np.asfortranarray({"gyroid": gyroid, "blobs": blobs}[name](n)))
    return path


def mesh():
    """A gyroid sheet of about 1.9 million triangles in a cube of 1 mm, from poregauge itself."""
    path = WORK / "gyroid.stl"
    if not path.exists():
        command = ["cargo", "run", "--release", "--quiet", "--", "generate", "gyroid", "--cell", "500um", "--cells", "2",
                   "--porosity", "0.9", "--samples", "96", "-o", str(path)]
        subprocess.run(command, cwd=ROOT, check=True)
    return path


# --- Peers, each in a process of its own: from an array (or a mesh) to a function that is timed ----------------------

def peer_edt(a, threads):
    import edt
    return lambda: {"max": float(edt.edt(a, parallel=threads).max())}


def peer_cc3d(a, threads):
    import cc3d
    return lambda: {"pieces": int(cc3d.connected_components(a, connectivity=6, return_N=True)[1])}


def peer_porespy_bf(a, threads, of=None):
    import porespy
    porespy.settings.tqdm = {"disable": True}
    porespy.settings.ncores = threads
    a = a.astype(bool)
    return lambda: {"mean": float(2 * porespy.filters.local_thickness(a, method="bf")[a if of is None else of].mean())}


def peer_localthickness(a, threads, scale=1, of=None):
    import localthickness
    a = a.astype(bool)
    return lambda: {"mean": float(2 * localthickness.local_thickness(a, scale)[a if of is None else of].mean())}


def peer_localthickness_half(a, threads):
    return peer_localthickness(a, threads, 0.5)


def peer_skimage_euler(a, threads):
    from skimage.measure import euler_number
    solid = a == 0
    return lambda: {"euler": int(euler_number(solid, connectivity=3))}


def peer_skimage_area(a, threads):
    from skimage.measure import marching_cubes, mesh_surface_area
    import numpy as np

    def run():
        corners, faces, _, _ = marching_cubes(a.astype(np.float32), 0.5)
        return {"area": float(mesh_surface_area(corners, faces))}
    return run


def peer_simpleitk_area(a, threads):
    import SimpleITK
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)

    def run():
        shape = SimpleITK.LabelShapeStatisticsImageFilter()
        shape.ComputePerimeterOn()
        shape.Execute(SimpleITK.GetImageFromArray(a))
        return {"area": shape.GetPerimeter(1)}
    return run


def peer_porespy_porosimetry(a, threads):
    import numpy as np
    import porespy
    porespy.settings.tqdm = {"disable": True}
    porespy.settings.ncores = threads
    a = a.astype(bool)
    inlets = np.zeros_like(a)
    inlets[:, :, 0] = True

    def run():
        sizes = porespy.filters.porosimetry(a, inlets=inlets, method="dt", sizes=None)
        return {"throat": 2 * float(sizes[:, :, -1].max())}
    return run


def peer_porespy_tortuosity(a, threads):
    import porespy
    porespy.settings.tqdm = {"disable": True}
    a = a.astype(bool)

    def run():
        found = porespy.simulations.tortuosity_fd(a, axis=2)
        return {"diffusivity": float(found.effective_porosity / found.tortuosity)}
    return run


def peer_taufactor(a, threads, spread=1e-2):
    """Layers carry fluxes that differ by less than `spread`; its own default, and a tighter one."""
    import numpy as np
    import taufactor
    import torch
    torch.set_num_threads(threads)
    along = a.astype(bool).transpose(2, 0, 1)

    def run():
        solver = taufactor.Solver(along, device="cpu")
        solver.solve(verbose=False, conv_crit=spread)
        return {"diffusivity": float(np.ravel(solver.D_eff)[0])}
    return run


def peer_taufactor_tight(a, threads):
    return peer_taufactor(a, threads, 1e-4)


def peer_pyvista_inside(path, n):
    import numpy as np
    import pyvista
    grid = pyvista.ImageData(dimensions=(n,) * 3, spacing=(1 / n,) * 3, origin=(0.5 / n,) * 3)

    def run():
        mask = pyvista.read(path).voxelize_binary_mask(reference_volume=grid)
        return {"solid": float(np.asarray(mask.point_data["mask"]).mean())}
    return run


def peer_meshlib_distance(path, n):
    import meshlib.mrmeshnumpy as numbers
    import meshlib.mrmeshpy as meshlib

    def run():
        body = meshlib.loadMesh(str(path))
        wanted = meshlib.MeshToDistanceVolumeParams()
        wanted.vol.origin = meshlib.Vector3f(0, 0, 0)
        wanted.vol.voxelSize = meshlib.Vector3f(1 / n, 1 / n, 1 / n)
        wanted.vol.dimensions = meshlib.Vector3i(n, n, n)
        wanted.dist.signMode = meshlib.SignDetectionMode.ProjectionNormal
        return {"solid": float((numbers.getNumpy3Darray(meshlib.meshToDistanceVolume(body, wanted)) < 0).mean())}
    return run


def processor():
    times = os.times()
    return times.user + times.system


def peer(name, path, threads, n):
    """Times a peer; called in a process of its own."""
    import resource
    import numpy as np
    make = globals()[f"peer_{name}"]
    if str(path).endswith(".stl"):
        run = make(path, n)
    else:
        small = np.ones((24, 24, 24), np.uint8)
        small[4:9, 5:20, 6:16] = 0
        try:
            make(small, threads)()
        except Exception:
            pass
        run = make(np.load(path), threads)
    wall, cpu = time.perf_counter(), processor()
    figures = run()
    wall, cpu = time.perf_counter() - wall, processor() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "figures": figures}))


# --- Running ---------------------------------------------------------------------------------------------------------

def set_up():
    WORK.mkdir(parents=True, exist_ok=True)
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", str(WORK / "venv")], check=True)
    done, wanted = WORK / "installed.txt", (HERE / "requirements.txt").read_text()
    if not done.exists() or done.read_text() != wanted:
        subprocess.run([str(PYTHON), "-m", "pip", "install", "-q", "-r", str(HERE / "requirements.txt")], check=True)
        done.write_text(wanted)
    if pathlib.Path(sys.prefix).resolve() != (WORK / "venv").resolve():
        os.execv(str(PYTHON), [str(PYTHON), *sys.argv])


def ours():
    """The program of `cargo bench --bench peers`."""
    command = ["cargo", "bench", "--bench", "peers", "--no-run", "--message-format=json"]
    out = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = (json.loads(line) for line in out.splitlines() if line.startswith("{"))
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "peers")


def once(command, threads, patience):
    limits = {v: str(threads) for v in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience, env={**os.environ, **limits})
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        print(f"  {command[1:4]}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def show(number):
    return f"{number:.3g}" if number < 1000 else f"{number:.0f}"


def speed(sizes, program, options):
    lines = ["| operation | phantom | voxels | poregauge: wall s, cpu s, B/voxel | peer | wall s, cpu s, B/voxel | times "
             "faster: wall, cpu | poregauge reads | peer reads |",
             "| --- | --- | --: | --- | --- | --- | --- | --- | --- |"]
    for n in sizes:
        for what, on, operation, peers in ROWS:
            if options.only and options.only not in f"{what} {on} {' '.join(peers)}":
                continue
            path = mesh() if on == "mesh" else phantom(on, n)
            own = [program, operation, str(path), str(options.threads)] + ([str(n)] if on == "mesh" else [])
            for name in peers:
                if name.startswith("taufactor") and importlib.util.find_spec("taufactor") is None:
                    continue
                other = [str(PYTHON), __file__, "peer", name, str(path), str(options.threads), str(n)]
                best = [None, None]
                for _ in range(options.rounds):
                    for side, command in enumerate((own, other)):
                        if side == 1 and best[1] and best[1]["wall"] > 60:
                            continue
                        found = once(command, options.threads, options.patience)
                        if found and (best[side] is None or found["wall"] < best[side]["wall"]):
                            best[side] = found
                we, they = best
                if not we:
                    continue
                cost = lambda b: f"{show(b['wall'])}, {show(b['cpu'])}, {show(b['peak'] / n**3)}" if b else f"over {options.patience} s"
                reads = lambda b: ", ".join(f"{k} {v:.6g}" for k, v in b["figures"].items()) if b else ""
                ratio = f"{show(they['wall'] / we['wall'])}, {show(they['cpu'] / max(we['cpu'], 0.01))}" if they else ""
                line = f"| {what} | {on} | {n}³ | {cost(we)} | {name} | {cost(they)} | {ratio} | {reads(we)} | {reads(they)} |"
                lines.append(line)
                print(line, flush=True)
                if not options.only:
                    write_speed(lines, sizes, options)


def write_speed(lines, sizes, options):
    about = (f"# Speed beside the peers\n\n`python3 benches/peers/run.py speed {' '.join(map(str, sizes))}`, {time.strftime('%Y-%m-%d')}, "
             f"{os.cpu_count()} processors ({platform.machine()}), {options.threads} threads, load {os.getloadavg()[0]:.1f} at the end. "
             "The fastest of the rounds. Peak memory is that of the whole process. Our field is of the sub-voxel surface "
             "and knows the nearest triangle; the rows of thickness and access include the field.\n\n")
    (HERE / "speed.md").write_text(about + "\n".join(lines) + "\n")


# --- What everyone reads on shapes with exact answers -----------------------------------------------------------------

def shapes():
    """Arrays of 1 (the shape) and 0, with their mean local thickness and, where all of it is free, their area."""
    import numpy as np
    for width in (4, 6, 8, 12, 16, 24, 32):
        for offset in (0.0, 0.3):
            w = width + offset
            n = int(2 * math.ceil(w)) + 20
            c = n / 2 + 0.17
            t = np.arange(n) + 0.5
            x, y, z = t[:, None, None] - c, t[None, :, None] - c, t[None, None, :] - c
            full = np.ones((n, n, n), bool)
            plane = n * n
            yield "slab", w, (np.abs(z) < w / 2) & full, w, 2.0 * plane
            # Tilted by (1, 2, 3): no row or column of voxels runs in it.
            tilt = (x + 2 * y + 3 * z) / math.sqrt(14)
            yield "tilted slab", w, (np.abs(tilt) < w / 2) & full, w, None
            yield "rod", w, (np.hypot(x, y) < w / 2) & full, w, math.pi * w * n
            yield "sphere", w, x * x + y * y + z * z < w * w / 4, w, math.pi * w * w
            yield "square bar", w, (np.maximum(np.abs(x), np.abs(y)) < w / 2) & full, 0.92854 * w, 4 * w * n


def bias(program, options):
    import numpy as np
    readers = ["poregauge", "porespy_bf", "localthickness", "skimage_area", "simpleitk_area"]
    sizes, areas = {}, {}
    for shape, width, array, thickness, area in shapes():
        path = WORK / "shape.npy"
        np.save(path, np.asfortranarray(array.astype(np.uint8)))
        # Spheres near the border miss the wall beyond it.
        margin = int(width / 2) + 6
        for name in readers:
            if name == "poregauge":
                of = lambda *what: (once([program, what[0], str(path), "1", *what[1:]], 1, 60) or {"figures": {}})["figures"]
                found = {**of("thickness", str(margin)), **of("surface")}
            elif name.endswith("_area"):
                found = globals()[f"peer_{name}"](array.astype(np.uint8), 1)()
            else:
                inner = np.zeros_like(array)
                inner[(slice(margin, -margin),) * 3] = array[(slice(margin, -margin),) * 3]
                found = globals()[f"peer_{name}"](array.astype(np.uint8), 1, of=inner)()
            if "mean" in found:
                sizes.setdefault(shape, {}).setdefault(name, []).append(found["mean"] - thickness)
            # Cut faces are no surface; SimpleITK counts them, so only the free sphere is like with like.
            if "area" in found and area and (shape == "sphere" or name != "simpleitk_area"):
                areas.setdefault(shape, {}).setdefault(name, []).append(found["area"] / area - 1)

    def table(errors, scale, digits, names):
        lines = ["| shape | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
        everything = {name: [e for s in errors.values() for e in s.get(name, [])] for name in names}
        for shape, found in [*errors.items(), ("all", everything)]:
            cells = []
            for name in names:
                e = np.array(found.get(name, [])) * scale
                cells.append(f"{e.mean():+.{digits}f}, {np.abs(e).mean():.{digits}f}, {np.abs(e).max():.{digits}f}" if len(e) else "")
            lines.append(f"| {shape} | " + " | ".join(cells) + " |")
        return "\n".join(lines)

    text = (f"# What everyone reads on two-valued shapes\n\n`python3 benches/peers/run.py bias`, {time.strftime('%Y-%m-%d')}: slabs, "
            "slabs tilted by (1, 2, 3), round rods, spheres and square bars of 4, 6, 8, 12, 16, 24 and 32 voxels and of 0.3 more, none "
            "centred on the grid.\n\n## Mean local thickness: mean error, mean absolute error, worst, in voxels\n\n"
            + table(sizes, 1, 2, readers[:3]) + "\n\n## Area: mean error, mean absolute error, worst, in per cent\n\n"
            + table(areas, 100, 1, ["poregauge", "skimage_area", "simpleitk_area"]) + "\n")
    (HERE / "bias.md").write_text(text)
    print(text)


def main():
    if sys.argv[1:2] == ["peer"]:
        _, _, name, path, threads, n = sys.argv
        return peer(name, path, int(threads), int(n))
    set_up()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["speed", "bias"])
    parser.add_argument("sizes", nargs="*", type=int, default=[128])
    parser.add_argument("--only")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--patience", type=int, default=600)
    options = parser.parse_args()
    program = ours()
    if options.what != "bias":
        speed(options.sizes or [128], program, options)
    if options.what != "speed":
        bias(program, options)


if __name__ == "__main__":
    main()
