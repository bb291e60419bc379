"""Splats: speed and exactness of the renderer, loading, fitting to views, and heads of splats."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numba import get_num_threads, njit, prange

from nodes.camera._placing import orbit
from nodes.gaussians.compositing import MOST_OPAQUE
from nodes.gaussians.exact import exact_picture
from nodes.gaussians.files.reading import read_splats
from nodes.gaussians.fitting import FitSettings, SplatFit
from nodes.gaussians.harmonics import colour_to_harmonic
from nodes.gaussians.lanes import WIDTH, lanes, largest
from nodes.gaussians.losses import signal_to_noise, structural_similarity
from nodes.gaussians.projection import FAINTEST, TILE, project_splats
from nodes.gaussians.quaternions import normalised
from nodes.gaussians.render import render
from nodes.gaussians.tiles import tile_lists
from nodes.gaussians.views import Z_UP, colour_and_alpha, read_views
from nodes.raster.geometry import project
from nodes.raster.zbuffer import rasterise
from nodes.sdk.context import Context
from nodes.sdk.errors import ModelProblem
from nodes.sdk.values import Camera, HeadState, Mask, Splats
from tests.bench.table import Row
from tests.bench.timing import best_milliseconds
from tests.samples import SAMPLES

#: Vector instructions that a splat needs at a pixel at the least: 5 for the exponent, 7 for its
#: exponential, 2 for its limits, 4 for colour and light. Loads and stores are taken as free.
_INSTRUCTIONS = 18
#: Of splats per pixel: bytes that have to be read once to project a splat without higher harmonics.
_BYTES = 4 * (3 + 3 + 4 + 1 + 3)


def rows() -> list[Row]:
    """Every figure of this file."""
    return [*_renderer(), *_samples(), *_fit(), *_heads()]


def head_like(count: int, seed: int = 0) -> Splats:
    """Flat splats on an ellipsoid of a head's proportions, overlapping as those of a fitted head do."""
    random = np.random.default_rng(seed)
    outward = random.normal(size=(count, 3))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    places = outward * [0.75, 1.0, 0.85] * (1 + 0.01 * random.normal(size=(count, 1)))
    sizes = np.exp(0.35 * random.normal(size=(count, 3))) * math.sqrt(9 / count) * [1, 1, 0.25]
    # The rotation that takes z to the outward direction.
    turn = np.stack([1 + outward[:, 2], -outward[:, 1], outward[:, 0], np.zeros(count)], axis=1)
    colours = np.clip(0.5 + 0.35 * np.sin(places * [9, 7, 11]) + 0.1 * random.normal(size=(count, 3)), 0, 1)
    return Splats(
        places.astype(np.float32),
        sizes.astype(np.float32),
        normalised(turn.astype(np.float32)),
        random.uniform(0.2, 0.97, count).astype(np.float32),
        colour_to_harmonic(colours)[:, None],
    )


def _renderer() -> list[Row]:
    camera = replace(orbit(np.zeros(3), 3.0, around=0, above=0), focal=600.0)
    found = []
    rate, bandwidth = _multiply_adds(), _bandwidth()
    for count, limit in ((50_000, 10.0), (200_000, 25.0), (1_000_000, 120.0)):
        splats = head_like(count)
        spent = best_milliseconds(lambda splats=splats: render(splats, camera))
        drawn = render(splats, camera)
        exact, _ = exact_picture(splats, camera)
        projected = project_splats(splats, camera)
        lists = tile_lists(projected, camera.width, camera.height)
        touched = _touched(
            projected.records, lists.starts, lists.members, lists.columns, camera.width, camera.height
        )
        floor = 1000 * (touched * _INSTRUCTIONS / rate + count * _BYTES / bandwidth)
        found.append(
            Row(
                f"render {count // 1000}k splats at 512 px",
                spent,
                "ms",
                limit,
                "lower",
                f"arithmetic limit {floor:.1f} ms, {spent / floor:.1f} times that",
                f"{get_num_threads()} threads; {touched / 1e6:.1f} M weights of {_INSTRUCTIONS} instructions",
            )
        )
        quality = signal_to_noise(drawn.colour, exact)
        found.append(Row(f"  against the exact picture, {count // 1000}k", quality, "dB", 60.0, "higher"))
    return [*found, *_dearer(camera)]


def _dearer(camera: Camera) -> list[Row]:
    """What colours that change with the view, antialiasing, and depth and normals add to a picture."""
    plain = head_like(200_000)
    random = np.random.default_rng(1)
    finer = (0.05 * random.normal(size=(len(plain.positions), 15, 3))).astype(np.float32)
    splats = replace(plain, harmonics=np.concatenate([plain.harmonics, finer], axis=1))
    exact, _ = exact_picture(splats, camera, antialias=True)
    drawn = render(splats, camera, antialias=True)
    return [
        Row(
            "render 200k splats, harmonics of degree 3, antialiased",
            best_milliseconds(lambda: render(splats, camera, antialias=True)),
            "ms",
            None,
            "lower",
        ),
        Row("  against the exact picture", signal_to_noise(drawn.colour, exact), "dB", 60.0, "higher"),
        Row(
            "render 200k splats with depth and normals",
            best_milliseconds(lambda: render(plain, camera, shape=True)),
            "ms",
            None,
            "lower",
        ),
    ]


@njit
def _multiplied(rounds):  # type: ignore[no-untyped-def]
    """Eight chains of multiply-adds that do not wait for each other, in registers."""
    share, more = lanes(np.float32(0.999)), lanes(np.float32(0.001))
    a = b = c = d = e = f = g = h = more
    for _ in range(rounds):
        a, b, c, d = a * share + more, b * share + more, c * share + more, d * share + more
        e, f, g, h = e * share + more, f * share + more, g * share + more, h * share + more
    return largest(a + b + c + d + e + f + g + h)


@njit(parallel=True)
def _busy(rounds, out):  # type: ignore[no-untyped-def]
    for part in prange(len(out)):
        out[part] = _multiplied(rounds)


def _multiply_adds() -> float:
    """Multiply-adds a second that all threads reach without touching memory."""
    out, rounds = np.empty(get_num_threads(), np.float32), 500_000
    spent = best_milliseconds(lambda: _busy(rounds, out), 10)
    return len(out) * rounds * 8 * WIDTH / (spent / 1000)


@njit(parallel=True)
def _summed(values):  # type: ignore[no-untyped-def]
    total = 0
    for k in prange(len(values)):
        total += values[k]
    return total


def _bandwidth() -> float:
    """Bytes a second that all threads together read from memory."""
    values = np.ones(1 << 27, np.uint8).view(np.int64)
    return values.nbytes / (best_milliseconds(lambda: _summed(values), 10) / 1000)


@njit(parallel=True)
def _touched(records, starts, members, columns, width, height):  # type: ignore[no-untyped-def]
    """How many weights count: above the faintest, and with light left."""
    total = 0
    for tile in prange(len(starts) - 1):
        left, top = (tile % columns) * TILE, (tile // columns) * TILE
        for y in range(top, min(top + TILE, height)):
            for x in range(left, min(left + TILE, width)):
                light = 1.0
                for k in range(starts[tile], starts[tile + 1]):
                    record = records[members[k]]
                    dx, dy = x + 0.5 - record[0], y + 0.5 - record[1]
                    power = record[2] * dx * dx + record[3] * dx * dy + record[4] * dy * dy
                    alpha = min(record[5] * math.exp(-power), MOST_OPAQUE)
                    if alpha >= FAINTEST:
                        total += 1
                        light *= 1 - alpha
                        if light < 1e-4:
                            break
    return total


def _samples() -> list[Row]:
    garden = SAMPLES / "splats" / "garden.npz"
    if not garden.is_file():
        return []
    splats = read_splats(str(garden))
    found, worst = [], math.inf
    spent = []
    with np.load(garden, allow_pickle=False) as stored:
        for matrix, lens in zip(stored["viewmats"], stored["Ks"], strict=True):
            rigid = (np.diag([1.0, -1.0, -1.0, 1.0]) @ matrix).astype(np.float32)
            focal = float(lens[0, 0] + lens[1, 1]) / 2
            camera = Camera(focal, float(lens[0, 2]), float(lens[1, 2]), 648, 420, rigid)
            spent.append(best_milliseconds(lambda camera=camera: render(splats, camera), 5))
            exact, _ = exact_picture(splats, camera)
            worst = min(worst, signal_to_noise(render(splats, camera).colour, exact))
    found.append(Row("render garden (139k), mean of 3 cameras", float(np.mean(spent)), "ms", None, "lower"))
    found.append(Row("  against the exact picture, worst camera", worst, "dB", 60.0, "higher"))
    sog = SAMPLES / "splats" / "playbot_lod2_sog"
    if sog.is_dir():
        found.append(
            Row(
                "load SOG folder, 125k splats",
                best_milliseconds(lambda: read_splats(str(sog)), 3),
                "ms",
                None,
                "lower",
            )
        )
    return found


def _fit() -> list[Row]:
    path = SAMPLES / "multiview" / "opencv_cameras.json"
    if not path.is_file():
        return []
    views = read_views(str(path), axes=Z_UP)
    held = views[3::6]
    train = [view for view in views if view not in held]
    start = time.perf_counter()
    fit = SplatFit(train, FitSettings(steps=1500, most=40_000, degree=1))
    fit.advance(1500)
    minutes = (time.perf_counter() - start) / 60
    noise, similar = [], []
    for view in held:
        colour, alpha = colour_and_alpha(view.image)
        drawn = render(fit.splats, view.camera, degree=1)
        white = np.clip(drawn.colour + 1 - drawn.alpha[..., None], 0, 1).astype(np.float32)
        target = colour + 1 - alpha[..., None]
        noise.append(signal_to_noise(white, target))
        similar.append(structural_similarity(white, target)[0])
    note = f"{len(train)} views of 512 px, {len(held)} held out, {len(fit.splats.positions):,} splats"
    return [
        Row("fit splats: held-out PSNR", float(np.mean(noise)), "dB", 27.0, "higher", note=note),
        Row("fit splats: held-out SSIM", float(np.mean(similar)), "", 0.90, "higher"),
        Row("fit splats: time", minutes, "min", 10.0, "lower", note="1500 steps"),
    ]


def _heads() -> list[Row]:
    found = []
    for name in ("portrait_s1.jpg", "portrait_s12.jpg", "portrait_s42.jpg"):
        path = SAMPLES / "photos" / name
        if not path.is_file():
            continue
        try:
            found += _head(path)
        except ModelProblem:
            return []
    return found


def _head(path: Path) -> list[Row]:
    from nodes.face._hair import load_matte
    from nodes.face.face_embedding import face_embedding
    from nodes.face.face_landmarks import face_landmarks
    from nodes.face.parse_face import parse_face
    from nodes.head.fit_head import fit_head
    from nodes.load.load_image import load_image
    from nodes.splats.head_to_splats import head_to_splats
    from nodes.splats.render_splats import render_splats

    context = Context()
    image = load_image(path=str(path), context=context)
    faces = face_landmarks(image, context=context)
    head = fit_head(faces, image, context=context)
    pixels = np.ascontiguousarray(image.pixels[..., :3])
    parsing, matte = parse_face(image, faces, context=context), Mask(load_matte(context).alpha(pixels))
    start = time.perf_counter()
    splats = head_to_splats(head, parsing, matte, context=context)
    building = time.perf_counter() - start
    drawn = render(splats, head.camera)
    inside = _covered(head) & (matte.alpha > 0.9)
    noise = signal_to_noise(drawn.colour[inside], pixels[inside])
    middle = head.translation + np.array([0, 0.02, 0], np.float32)
    aside = orbit(middle, 1.3, around=30, above=0, field_of_view=22)
    picture = render_splats(
        [splats], [], aside, background=(0.4, 0.4, 0.4), transparent=False, context=context
    ).image
    again = face_landmarks(picture, context=context)
    same = 0.0
    if len(again):
        one = face_embedding(image, faces, context=context).vector
        same = float(one @ face_embedding(picture, again, context=context).vector)

    def frame() -> None:
        moved = replace(head, expression=np.roll(head.expression, 1), reference=head)
        render(head_to_splats(moved, parsing, matte, context=context), aside)

    rate = 1000 / best_milliseconds(frame, 5)
    name = path.stem
    note = f"{len(splats.positions):,} splats, made in {building:.1f} s"
    return [
        Row(f"splat head {name}: inside, from its camera", noise, "dB", 28.0, "higher", note=note),
        Row(
            f"splat head {name}: identity at 30 degrees",
            same,
            "",
            0.5,
            "higher",
            note=f"{len(again)} face found",
        ),
        Row(f"splat head {name}: animated at 512 px", rate, "fps", 10.0, "higher"),
    ]


def _covered(head: HeadState) -> np.ndarray:
    from nodes.head._shape import world_vertices

    points = project(head.camera, world_vertices(head))
    return rasterise(points, head.model.triangles, head.camera.width, head.camera.height).covered
