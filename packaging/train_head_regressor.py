"""Trains resources/heads/anny_regressor.npz: python packaging/train_head_regressor.py CACHE [ROUNDS] [COUNT].

CACHE is a folder that packaging/head_cache.py filled. Needs torch, the fetched head model and the file
of packaging/train_head_correction.py, whose fits are what this learns to better. What
is prepared is kept in CACHE/prepared, so that a second training starts at once; remove it after a new
correction.

    python packaging/train_head_regressor.py CACHE prepare FIRST LAST

prepares only some of the files, for several runs at the same time.

What the second look learns from are errors that the first makes on heads it was not trained on: for that
the first is trained on parts of the heads, and then on all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from head_cache import gathered_file
from head_pictures import head_model, unpacked
from train_head_correction import least_values, precision_of, seen_part

from nodes.head._correction import Correction, Fitted, correction_for, towards
from nodes.head._fit import eye_distance, fit_landmarks
from nodes.head._fitting import USUAL_FOCAL
from nodes.head._landmarks import landmark_basis
from nodes.head._picture_belief import CLIP, DOUBTS, FILE, Look, fit_numbers, stored_look
from nodes.head._picture_crop import brightness_in, frame_of
from nodes.head._picture_points import (
    FEATURES,
    compared_vertices,
    features_at,
    gradients_of,
    moved_by,
    points_in,
    seen_from,
)
from nodes.head._shape import landmark_points, parts_of
from nodes.raster.geometry import rotation_matrix, rotation_vector, vertex_normals
from nodes.sdk.values import ARKIT_NAMES, HeadModel
from nodes.sdk.values.arrays import FloatArray

#: How wide the networks' layers are (of each point, and after), and how many look the first and second time.
WIDTHS, NETWORKS = (8, 288, 192), (1, 2)
BATCH, RATE = 128, 1e-3
#: Of every twelve files one is held back; and in how many parts the others train the first look.
HELD, PARTS = 12, 3
#: What an error counts: a millimetre of the face along its normal counts 1.
EXPRESSION_COUNTS, DEGREE_COUNTS, FOCAL_COUNTS, OTHER_COUNTS, WAYS_COUNT = 12.0, 0.25, 1.0, 0.02, 0.5
#: Millimetres, degrees, and pixels of a point beyond which a fit is not learned from.
MOST, FARTHEST = (8.0, 30.0), 25.0


class Mirror:
    """Turns a head, and what is seen of it, into its mirror image."""

    def __init__(self, model: HeadModel) -> None:
        from scipy.spatial import cKDTree

        _, twin = cKDTree(model.mean).query(model.mean * [-1, 1, 1])
        marks = landmark_points(model, model.mean)
        _, self.landmarks = cKDTree(marks).query(marks * [-1, 1, 1])
        plain = model.identity.reshape(len(model.identity), -1).astype(np.float64)
        other = (model.identity[:, twin] * [-1, 1, 1]).reshape(len(plain), -1)
        self.identity = np.linalg.lstsq(
            plain @ plain.T + 1e-6 * np.eye(len(plain)), plain @ other.T, rcond=None
        )[0]
        swapped = [
            name.replace("Left", "?").replace("Right", "Left").replace("?", "Right") for name in ARKIT_NAMES
        ]
        self.expression = np.array([ARKIT_NAMES.index(name) for name in swapped])

    def of(self, row: dict[str, FloatArray], side: int) -> dict[str, FloatArray]:
        """The row of a head in a picture of a width, mirrored."""
        row = dict(row)
        marks = row["landmarks"][:468][self.landmarks].copy()
        marks[:, 0] = side - marks[:, 0]
        row["landmarks"] = marks
        for name in ("visibility", "hidden"):
            row[name] = row[name][:468][self.landmarks]
        for name in ("expression", "coefficients"):
            row[name] = row[name][self.expression]
        row["identity"] = self.identity @ row["identity"]
        row["rotation"] = row["rotation"] * [1, -1, -1]
        row["translation"] = row["translation"] * [-1, 1, 1]
        focal, x, y, whole = row["camera"]
        row["camera"] = np.array([focal, side - x, y, whole])
        return row


def prepared(model: HeadModel, correction: Correction, mirror: Mirror, path: Path) -> dict[str, FloatArray]:
    """What is learned from, of every head in a file and of its mirror image."""
    data, pictures = gathered_file(path)
    rows: list[dict[str, FloatArray]] = []
    for number, coded in enumerate(pictures):
        picture = unpacked(coded)
        row = {name: values[number] for name, values in data.items()}
        rows.append(_prepared(model, correction, row, picture, number))
        mirrored = mirror.of(row, picture.shape[1])
        rows.append(_prepared(model, correction, mirrored, picture[:, ::-1], number + 1))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _prepared(
    model: HeadModel, correction: Correction, row: dict[str, FloatArray], picture: FloatArray, number: int
) -> dict[str, FloatArray]:
    """The crop, the points in it and their ways, numbers of the fit and what it lacks."""
    basis = landmark_basis(model)
    focal, x, y, whole = (float(value) for value in row["camera"])
    centre, guess = (x, y), USUAL_FOCAL * whole
    seen = seen_part(row["visibility"], row["hidden"], number)
    fit = fit_landmarks(
        model, row["landmarks"], row["coefficients"], centre=centre, focal=guess, visibility=seen
    )
    rotation = rotation_matrix(fit.rotation)
    frame = frame_of(rotation, fit.translation, fit.focal, centre)
    world = _vertices(model, fit.identity, fit.expression) @ rotation.T + fit.translation
    points, shown = points_in(model, world, frame, fit.focal, centre)
    places = _vertices(model, row["identity"], row["expression"])[compared_vertices(model)]
    places = places @ rotation_matrix(row["rotation"]).T + row["translation"]
    middle = row["landmarks"][:468, :2].mean(axis=0)
    along = towards(centre, fit.focal, middle).T @ rotation
    true = towards(centre, focal, middle).T @ rotation_matrix(row["rotation"])
    eyes = eye_distance(row["landmarks"])
    fitted = Fitted(basis.turn.T @ fit.identity, fit.expression, along, fit.residuals * [1.0, -1.0] / eyes)
    lacking = np.concatenate(
        [
            basis.turn.T @ row["identity"] - fitted.shape,
            row["expression"] - fit.expression,
            rotation_vector(along.T @ true),
            [np.log(focal / fit.focal)],
        ]
    )
    ways = seen_from(places, frame, focal, centre)[0] - points
    far = np.linalg.norm(ways, axis=1, keepdims=True) > FARTHEST
    return {
        "crop": (brightness_in(frame, picture) * 255 + 0.5).astype(np.uint8),
        "points": points,
        "seen": shown.astype(np.uint8),
        "ways": np.where(far, 0.0, ways).astype(np.float32),
        "numbers": fit_numbers(correction.components, fitted, row["coefficients"], eyes, seen).astype(
            np.float32
        ),
        "lacking": lacking.astype(np.float32),
        "fitted": fit.expression,
    }


def _vertices(model: HeadModel, identity: FloatArray, expression: FloatArray) -> FloatArray:
    """V x 3 metres."""
    moved = np.tensordot(identity, model.identity, 1) + np.tensordot(expression, model.expression, 1)
    found: FloatArray = model.mean + moved
    return found


def prepare(cache: Path, part: slice) -> None:
    """Prepare the files of a cache that are not prepared yet."""
    model = head_model()
    correction = correction_for(model.name, len(model.identity))
    if correction is None:
        raise SystemExit("train_head_correction.py comes first")
    mirror = Mirror(model)
    folder = cache / "prepared"
    folder.mkdir(exist_ok=True)
    for path in sorted(cache.glob("*.npz"))[part]:
        done = folder / path.name
        if done.exists():
            continue
        arrays = prepared(model, correction, mirror, path)
        with done.with_suffix(f".{os.getpid()}").open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        done.with_suffix(f".{os.getpid()}").replace(done)


@dataclass(frozen=True, eq=False)
class Heads:
    """All that is prepared; N heads.

    Attributes:
        crop, points, seen, ways, numbers, lacking, fitted: as `_prepared` says, N of each.
        held: N bool, heads held back. part: N, which of PARTS a head belongs to.
    """

    crop: FloatArray
    points: FloatArray
    seen: FloatArray
    ways: FloatArray
    numbers: FloatArray
    lacking: FloatArray
    fitted: FloatArray
    held: FloatArray
    part: FloatArray

    def features(self, ways: FloatArray | float = 0.0) -> FloatArray:
        """N x P x FEATURES float16, around the points, or around where ways (N x P x 2) lead from them."""
        points = moved_by(self.points, ways)
        found = np.zeros((*self.points.shape[:2], FEATURES), np.float16)
        for number, crop in enumerate(self.crop):
            gradients = gradients_of(crop.astype(np.float32) / 255)
            found[number] = features_at(gradients, points[number], self.seen[number].astype(np.float32))
        return found


def gathered(cache: Path, count: int) -> Heads:
    """What is prepared of the first `count` drawn heads."""
    chunks, held, part = [], [], []
    for number, path in enumerate(sorted((cache / "prepared").glob("*.npz"))):
        with np.load(path, allow_pickle=False) as stored:
            chunks.append({name: stored[name] for name in stored.files})
        size = len(chunks[-1]["lacking"])
        held.append(np.full(size, number % HELD == 0))
        # a head and its mirror image go together
        part.append(np.arange(size) // 2 % PARTS)
        if sum(len(every) for every in held) >= 2 * count:
            break
    columns = {name: np.concatenate([chunk.pop(name) for chunk in chunks]) for name in list(chunks[0])}
    return Heads(**columns, held=np.concatenate(held), part=np.concatenate(part))


class Net(nn.Module):
    """One network of nodes/head/_picture_belief.py; the last look's `ways` only help it to learn."""

    def __init__(self, points: int, numbers: int, outputs: int) -> None:
        super().__init__()
        each, first, second = WIDTHS
        self.points = nn.Parameter(torch.randn(points, FEATURES, each) / FEATURES**0.5)
        self.points_bias = nn.Parameter(torch.zeros(points, each))
        self.first = nn.Linear(points * each + numbers, first)
        self.second = nn.Linear(first, second)
        self.out = nn.Linear(second + numbers, outputs)
        self.ways = nn.Linear(second + numbers, 2 * points)
        for layer in (self.out, self.ways):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.drops = nn.ModuleList([nn.Dropout(share) for share in (0.2, 0.3, 0.2)])

    def forward(self, features: torch.Tensor, known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        own = torch.einsum("bpk,pke->bpe", features, self.points) + self.points_bias
        values = torch.cat([self.drops[0](torch.relu(own).flatten(1)), known], 1)
        values = self.drops[1](torch.relu(self.first(values)))
        values = self.drops[2](torch.relu(self.second(values)))
        values = torch.cat([values, known], 1)
        return self.out(values), self.ways(values)


def surface_moved(model: HeadModel) -> FloatArray:
    """F x K: millimetres of the face along its normals, after the best rigid motion, for each direction."""
    skin = np.unique(model.triangles[parts_of(model).skin_triangles])
    place = model.mean[skin].astype(np.float64)
    face = (place[:, 2] > 0.06) & (place[:, 1] > -0.075) & (place[:, 1] < 0.10)
    rows, centred = skin[face], place[face] - place[face].mean(axis=0)
    moved = model.identity[:, rows].astype(np.float64)
    moved = moved - moved.mean(axis=1, keepdims=True)
    inertia = (centred**2).sum() * np.eye(3) - centred.T @ centred
    turns = np.linalg.solve(inertia, np.cross(centred, moved).sum(axis=1).T).T
    moved = moved - np.cross(turns[:, None], centred)
    normals = vertex_normals(model.mean, model.triangles)[rows]
    found: FloatArray = 1000.0 * np.einsum("kvc,vc->vk", moved, normals)
    return found


class Loss:
    """Millimetres along the face's normals, and expression, rotation and lens beside them."""

    def __init__(self, model: HeadModel) -> None:
        surface = surface_moved(model) @ landmark_basis(model).turn
        self.count = surface.shape[1]
        _, sizes, rows = np.linalg.svd(surface, full_matrices=False)
        # rows whose squares sum to the mean square over the face
        self.surface = torch.from_numpy((sizes[:, None] * rows / np.sqrt(len(surface))).T.astype(np.float32))

    def errors(self, found: torch.Tensor, lacking: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Per head: millimetres, mean expression, degrees, log focal, coefficients of the identity."""
        off = found[:, : self.count + 56] - lacking
        shape, expression = off[:, : self.count], off[:, self.count : self.count + 52]
        rotation, focal = off[:, self.count + 52 : self.count + 55], off[:, self.count + 55]
        surface = (shape @ self.surface).pow(2).sum(1).add(1e-6).sqrt()
        degrees = torch.rad2deg(rotation.pow(2).sum(1).add(1e-8).sqrt())
        smooth = (expression.pow(2) + 1e-4).sqrt().mean(1)
        return surface, smooth, degrees, focal.pow(2).add(1e-4).sqrt(), shape.pow(2).mean(1).sqrt()

    def __call__(self, found: torch.Tensor, lacking: torch.Tensor) -> torch.Tensor:
        surface, expression, degrees, focal, shape = self.errors(found, lacking)
        doubts = found[:, self.count + 56 :].clamp(-2, 2.5)
        usual = torch.tensor([1.5, 0.06, 3.0])
        told = torch.stack([surface, expression, degrees], 1).detach() / usual
        doubt = (doubts + 0.5 * (told * torch.exp(-doubts)).pow(2)).mean()
        total = surface + EXPRESSION_COUNTS * expression + DEGREE_COUNTS * degrees + FOCAL_COUNTS * focal
        return (total + OTHER_COUNTS * self.count * shape / 4).mean() + 0.05 * doubt

    def usable(self, lacking: torch.Tensor) -> FloatArray:
        """Which heads teach something: what the landmarker did not see at all does not."""
        errors = self.errors(torch.zeros(len(lacking), self.count + 56 + DOUBTS), lacking)
        found: FloatArray = ((errors[0] < MOST[0]) & (errors[2] < MOST[1])).numpy()
        return found


@dataclass(frozen=True, eq=False)
class Lesson:
    """What one look learns from.

    Attributes:
        features: N x P x FEATURES. numbers: N x F. lacking: N x outputs without doubts. ways: N x P x 2.
        seen: N x P. rows: the heads to learn from.
    """

    features: FloatArray
    numbers: FloatArray
    lacking: FloatArray
    ways: FloatArray
    seen: FloatArray
    rows: FloatArray

    def scales(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Mean and spread of the features, and of the numbers."""
        some = self.features[self.rows[::14]].astype(np.float32)
        numbers = self.numbers[self.rows]
        return some.mean(axis=0), some.std(axis=0) + 0.03, numbers.mean(axis=0), numbers.std(axis=0) + 0.02


class Teacher:
    """Trains networks for one look, and applies them."""

    def __init__(self, lesson: Lesson, loss: Loss) -> None:
        self.lesson, self.loss = lesson, loss
        self.scales = lesson.scales()
        self.usual, self.scale = (torch.from_numpy(part) for part in self.scales[:2])
        known = (lesson.numbers - self.scales[2]) / self.scales[3]
        self.known = torch.from_numpy(np.clip(known, -CLIP, CLIP).astype(np.float32))
        self.nets: list[Net] = []

    def _seen(self, rows: FloatArray) -> torch.Tensor:
        return (torch.from_numpy(self.lesson.features[rows]).float() - self.usual) / self.scale

    def train(self, seed: int, rounds: int) -> None:
        """One more network."""
        torch.manual_seed(seed)
        random = np.random.default_rng(seed)
        lesson = self.lesson
        points, numbers = lesson.features.shape[1], lesson.numbers.shape[1]
        net = Net(points, numbers, lesson.lacking.shape[1] + DOUBTS)
        optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.05)
        for turn in range(rounds):
            for group in optimiser.param_groups:
                group["lr"] = RATE * (0.01 + 0.495 * (1 + np.cos(np.pi * turn / rounds)))
            for rows in batches(lesson.rows, random):
                features, known = self._seen(rows), self.known[rows]
                noisy = known + 0.1 * torch.randn(known.shape)
                found, ways = net(features + 0.05 * torch.randn(features.shape), noisy)
                value = self.loss(found, torch.from_numpy(lesson.lacking[rows]))
                seen = torch.from_numpy(lesson.seen[rows]).float()
                off = ways.view(len(rows), points, 2) - torch.from_numpy(lesson.ways[rows])
                value = value + WAYS_COUNT * (off.pow(2).sum(2).add(0.01).sqrt() * seen).sum() / seen.sum()
                optimiser.zero_grad()
                value.backward()
                optimiser.step()
        self.nets.append(net.eval())

    def told(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The mean outputs of all networks, and N x P x 2 ways."""
        found, ways = [], []
        with torch.no_grad():
            for some in np.array_split(rows, max(len(rows) // 256, 1)):
                said = [net(self._seen(some), self.known[some]) for net in self.nets]
                found.append(torch.stack([each[0] for each in said]).mean(0))
                ways.append(torch.stack([each[1] for each in said]).mean(0))
        return torch.cat(found).numpy(), torch.cat(ways).numpy().reshape(*self.lesson.ways[rows].shape)

    def look(self, last: bool) -> Look:
        """The networks as the program reads them."""
        weights: dict[str, FloatArray] = {}
        for name in ("first", "second", "out") + (() if last else ("ways",)):
            parts = [getattr(net, name) for net in self.nets]
            weights[name] = np.stack([part.weight.T.detach().numpy() for part in parts])
            weights[f"{name}_bias"] = np.stack([part.bias.detach().numpy() for part in parts])
        for name in ("points", "points_bias"):
            weights[name] = np.stack([getattr(net, name).detach().numpy() for net in self.nets])
        return Look(weights, *self.scales)


def batches(rows: FloatArray, random: np.random.Generator) -> Iterator[FloatArray]:
    order = random.permutation(rows)
    for start in range(0, len(order) - BATCH + 1, BATCH):
        yield np.sort(order[start : start + BATCH])


def report(name: str, loss: Loss, found: FloatArray, lacking: FloatArray) -> None:
    errors = loss.errors(torch.from_numpy(found), torch.from_numpy(lacking))
    surface, expression, degrees, focal, _ = (float(part.median()) for part in errors)
    sys.stdout.write(f"{name}: {surface:.3f} mm, {expression:.4f}, {degrees:.2f} degrees, lens {focal:.3f}\n")
    sys.stdout.flush()


def train(cache: Path, rounds: int, count: int) -> None:
    torch.set_num_threads(1)  # the products are small: threads wait longer for each other
    model = head_model()
    heads = gathered(cache, count)
    loss = Loss(model)
    lacking = heads.lacking
    learning = np.nonzero(~heads.held & loss.usable(torch.from_numpy(lacking)))[0]
    kept = np.nonzero(heads.held)[0]
    sys.stdout.write(f"{len(learning)} to learn from, {len(kept)} held back\n")
    nothing = np.zeros((len(lacking), lacking.shape[1] + DOUBTS), np.float32)
    report("fits by landmarks", loss, nothing[kept], lacking[kept])
    features = heads.features()
    found, ways = nothing.copy(), np.zeros_like(heads.ways)
    for part in range(PARTS):
        rows = learning[heads.part[learning] != part]
        teacher = Teacher(Lesson(features, heads.numbers, lacking, heads.ways, heads.seen, rows), loss)
        teacher.train(part, rounds)
        others = np.nonzero(~heads.held & (heads.part == part))[0]
        found[others], ways[others] = teacher.told(others)
    first = Teacher(Lesson(features, heads.numbers, lacking, heads.ways, heads.seen, learning), loss)
    for network in range(NETWORKS[0]):
        first.train(PARTS + network, rounds)
    found[kept], ways[kept] = first.told(kept)
    report("first look", loss, found[kept], lacking[kept])
    change = found[:, : lacking.shape[1]]
    numbers = np.concatenate([heads.numbers, change], axis=1)
    features = heads.features(ways)
    lesson = Lesson(features, numbers, lacking - change, heads.ways - ways, heads.seen, learning)
    second = Teacher(lesson, loss)
    for network in range(NETWORKS[1]):
        second.train(network, rounds)
        more = second.told(kept)[0]
        more[:, : change.shape[1]] += change[kept]
        report(f"second look, {network + 1} networks", loss, more, lacking[kept])
    save([first.look(False), second.look(True)], model, more, heads, kept)


def save(looks: list[Look], model: HeadModel, found: FloatArray, heads: Heads, kept: FloatArray) -> None:
    """Write the file that ships, with the spreads of what was held back (`found`)."""
    turn = landmark_basis(model).turn
    count = turn.shape[1]
    lacking = heads.lacking[kept]
    missed = found[:, : count + 56] - lacking
    # a few that the landmarker did not see would widen the spreads of all
    limits = np.quantile(np.abs(missed), 0.99, axis=0)
    missed = np.clip(missed, -limits, limits)
    shape, expression, rotation = np.exp(np.clip(found[:, count + 56 :].T, -1.5, 2.0))
    columns = slice(count, count + 52)
    arrays = {
        "shape_precision": precision_of(missed[:, :count] / shape[:, None]),
        "expression_spread": (missed[:, columns] / expression[:, None]).std(axis=0),
        "rotation_spread": (missed[:, count + 52 : count + 55] / rotation[:, None]).std(axis=0),
        "focal_spread": np.array([missed[:, count + 55].std()]),
        "least": least_values(heads.fitted[kept], lacking[:, columns], missed[:, columns]),
        "turn": turn[0],
    }
    stored = {name: value.astype(np.float32) for name, value in arrays.items()}
    for number, look in enumerate(looks):
        stored |= stored_look(number, look)
    names = {"model": np.array(model.name), "looks": np.array(len(looks))}
    np.savez_compressed(FILE, allow_pickle=False, **names, **stored)


def main() -> None:
    cache = Path(sys.argv[1])
    if sys.argv[2:3] == ["prepare"]:
        prepare(cache, slice(*(int(word) for word in sys.argv[3:5])))
        return
    prepare(cache, slice(None))
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 14
    train(cache, rounds, int(sys.argv[3]) if len(sys.argv) > 3 else 100000)


if __name__ == "__main__":
    main()
