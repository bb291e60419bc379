"""Trains resources/heads/anny_regressor.npz: python packaging/train_head_regressor.py CACHE [ROUNDS] [COUNT].

CACHE is a folder that packaging/head_cache.py filled. Needs torch, the fetched head model and the file
of packaging/train_head_correction.py, whose fits are what this learns to better. What
is prepared is kept in CACHE/prepared, so that a second training starts at once; remove it after a new
correction.

    python packaging/train_head_regressor.py CACHE prepare FIRST LAST

prepares only some of the files, for several runs at the same time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
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
from nodes.head._landmarks import landmark_basis, surface_moved
from nodes.head._picture_belief import DOUBTS, FILE, fit_numbers
from nodes.head._picture_crop import brightness_in, frame_of, gradients_of
from nodes.head._shape import landmark_points
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.values import ARKIT_NAMES, HeadModel
from nodes.sdk.values.arrays import FloatArray

#: Main variations of gradients, and how wide the networks' layers are.
COMPONENTS, WIDTHS, NETWORKS = 400, (320, 192), 3
BATCH, RATE = 64, 1e-3
#: Of every twelve files one is held back.
HELD = 12
#: What an error counts: a millimetre of the face along its normal counts 1.
EXPRESSION_COUNTS, DEGREE_COUNTS, FOCAL_COUNTS, OTHER_COUNTS = 12.0, 0.25, 1.0, 0.02
#: Millimetres and degrees beyond which a fit is not learned from.
MOST = (8.0, 30.0)


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
    """Crops, numbers of the fits and what these lack, of every head in a file and of its mirror image."""
    data, pictures = gathered_file(path)
    columns: list[list[FloatArray]] = []
    for number, coded in enumerate(pictures):
        picture = unpacked(coded)
        row = {name: values[number] for name, values in data.items()}
        columns.append(_prepared(model, correction, row, picture, number))
        columns.append(
            _prepared(model, correction, mirror.of(row, picture.shape[1]), picture[:, ::-1], number + 1)
        )
    names = ("gradients", "numbers", "lacking", "fitted")
    return dict(zip(names, (np.array(column) for column in zip(*columns, strict=True)), strict=True))


def _prepared(
    model: HeadModel, correction: Correction, row: dict[str, FloatArray], picture: FloatArray, number: int
) -> list[FloatArray]:
    basis = landmark_basis(model)
    focal, x, y, whole = (float(value) for value in row["camera"])
    centre, guess = (x, y), USUAL_FOCAL * whole
    seen = seen_part(row["visibility"], row["hidden"], number)
    fit = fit_landmarks(
        model, row["landmarks"], row["coefficients"], centre=centre, focal=guess, visibility=seen
    )
    rotation = rotation_matrix(fit.rotation)
    brightness = brightness_in(frame_of(rotation, fit.translation, fit.focal, centre), picture)
    middle = row["landmarks"][:468, :2].mean(axis=0)
    along = towards(centre, fit.focal, middle).T @ rotation
    true = towards(centre, focal, middle).T @ rotation_matrix(row["rotation"])
    eyes = eye_distance(row["landmarks"])
    fitted = Fitted(basis.turn.T @ fit.identity, fit.expression, along, fit.residuals * [1.0, -1.0] / eyes)
    numbers = fit_numbers(correction.components, fitted, row["coefficients"], eyes, seen)
    lacking = np.concatenate(
        [
            basis.turn.T @ row["identity"] - fitted.shape,
            row["expression"] - fit.expression,
            rotation_vector(along.T @ true),
            [np.log(focal / fit.focal)],
        ]
    )
    found = [gradients_of(brightness).astype(np.float16), numbers.astype(np.float32)]
    return [*found, lacking.astype(np.float32), fit.expression]


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


def gathered(cache: Path, count: int) -> tuple[dict[str, FloatArray], FloatArray]:
    """All that is prepared, and which rows are held back (N bool)."""
    chunks, held = [], []
    total = 0
    for number, path in enumerate(sorted((cache / "prepared").glob("*.npz"))):
        with np.load(path, allow_pickle=False) as stored:
            chunks.append({name: stored[name] for name in stored.files})
        size = len(chunks[-1]["lacking"])
        held.append(np.full(size, number % HELD == 0))
        total += size
        if total >= 2 * count:
            break
    return {
        name: np.concatenate([chunk.pop(name) for chunk in chunks]) for name in list(chunks[0])
    }, np.concatenate(held)


class Net(nn.Module):
    """One network of nodes/head/_picture_belief.py."""

    def __init__(self, gradients: int, numbers: int, outputs: int) -> None:
        super().__init__()
        self.gradients = gradients
        self.first = nn.Linear(gradients + numbers, WIDTHS[0])
        self.second = nn.Linear(WIDTHS[0], WIDTHS[1])
        self.out = nn.Linear(WIDTHS[1] + numbers, outputs)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        self.drop, self.drop_more = nn.Dropout(0.3), nn.Dropout(0.2)

    def forward(self, both: torch.Tensor) -> torch.Tensor:
        values = self.drop(torch.relu(self.first(both)))
        values = self.drop_more(torch.relu(self.second(values)))
        return self.out(torch.cat([values, both[:, self.gradients :]], 1))


class Loss:
    """Millimetres along the face's normals, and expression, rotation and lens beside them."""

    def __init__(self, model: HeadModel) -> None:
        surface = surface_moved(model) @ landmark_basis(model).turn * 1000.0
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


def batches(rows: FloatArray, random: np.random.Generator) -> Iterator[FloatArray]:
    order = random.permutation(rows)
    for start in range(0, len(order) - BATCH + 1, BATCH):
        yield np.sort(order[start : start + BATCH])


def judged(nets: list[Net], both: torch.Tensor) -> FloatArray:
    """N x outputs: the mean of all networks."""
    with torch.no_grad():
        return torch.stack([net.eval()(both) for net in nets]).mean(0).numpy()


def report(name: str, loss: Loss, found: FloatArray, lacking: FloatArray) -> None:
    errors = loss.errors(torch.from_numpy(found), torch.from_numpy(lacking))
    surface, expression, degrees, focal, _ = (float(part.median()) for part in errors)
    sys.stdout.write(f"{name}: {surface:.3f} mm, {expression:.4f}, {degrees:.2f} degrees, lens {focal:.3f}\n")
    sys.stdout.flush()


def main_variations(gradients: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The mean (G) and main variations (G x COMPONENTS) of gradients, nearly of unit spread."""
    some = gradients[:: max(len(gradients) // 6000, 1)].astype(np.float32)
    usual = some.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((some - usual).T))
    spread = np.sqrt(np.maximum(values[::-1][:COMPONENTS], 0.0))
    return usual, (vectors[:, ::-1][:, :COMPONENTS] / (spread + 0.3 * spread.mean())).astype(np.float32)


def train(cache: Path, rounds: int, count: int) -> None:
    torch.set_num_threads(1)  # the products are small: threads wait longer for each other
    model = head_model()
    data, held = gathered(cache, count)
    lacking = torch.from_numpy(data["lacking"])
    loss = Loss(model)
    outputs = lacking.shape[1] + DOUBTS
    before = loss.errors(torch.zeros(len(lacking), outputs), lacking)
    # what the landmarker did not see at all teaches nothing
    usable = ((before[0] < MOST[0]) & (before[2] < MOST[1])).numpy()
    learning, kept = np.nonzero(~held & usable)[0], np.nonzero(held)[0]
    usual, components = main_variations(data["gradients"][learning])
    middle, spread = data["numbers"][learning].mean(axis=0), data["numbers"][learning].std(axis=0) + 0.02
    numbers = np.clip((data["numbers"] - middle) / spread, -3.5, 3.5)
    seen = np.concatenate(
        [(part.astype(np.float32) - usual) @ components for part in np.array_split(data["gradients"], 20)]
    )
    both = torch.from_numpy(np.concatenate([seen, numbers], axis=1).astype(np.float32))
    sys.stdout.write(f"{len(learning)} to learn from, {len(kept)} held back\n")
    report("fits by landmarks", loss, np.zeros((len(kept), outputs), np.float32), data["lacking"][kept])
    nets = []
    for number in range(NETWORKS):
        nets.append(trained(number, both, lacking, learning, loss, rounds, outputs))
        report(f"{number + 1} networks", loss, judged(nets, both[kept]), data["lacking"][kept])
        save(nets, model, judged(nets, both[kept]), data, kept, (middle, spread, usual, components))


def trained(
    seed: int,
    both: torch.Tensor,
    lacking: torch.Tensor,
    learning: FloatArray,
    loss: Loss,
    rounds: int,
    outputs: int,
) -> Net:
    """One network."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    net = Net(COMPONENTS, both.shape[1] - COMPONENTS, outputs)
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.05)
    for turn in range(rounds):
        for group in optimiser.param_groups:
            group["lr"] = RATE * (0.01 + 0.495 * (1 + np.cos(np.pi * turn / rounds)))
        for rows in batches(learning, random):
            values = both[rows]
            found = net(values + 0.1 * torch.randn(values.shape))
            value = loss(found, lacking[rows])
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
    return net


def save(
    nets: list[Net], model: HeadModel, found: FloatArray, data: dict[str, FloatArray], kept: FloatArray,
    scales: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
) -> None:  # fmt: skip
    """Write the file that ships, with the spreads of what was held back."""
    turn = landmark_basis(model).turn
    count = turn.shape[1]
    lacking = data["lacking"][kept]
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
        "least": least_values(data["fitted"][kept], lacking[:, columns], missed[:, columns]),
        "turn": turn[0],
        **dict(zip(("middle", "spread", "usual", "components"), scales, strict=True)),
    }
    for layer in ("first", "second", "out"):
        parts = [getattr(net, layer) for net in nets]
        arrays[layer] = np.stack([part.weight.T.detach().numpy() for part in parts])
        arrays[f"{layer}_bias"] = np.stack([part.bias.detach().numpy() for part in parts])
    large = ("components", "first", "second", "out")
    small = {
        name: value.astype(np.float16 if name in large else np.float32) for name, value in arrays.items()
    }
    np.savez_compressed(FILE, allow_pickle=False, model=np.array(model.name), **small)


def main() -> None:
    cache = Path(sys.argv[1])
    if sys.argv[2:3] == ["prepare"]:
        prepare(cache, slice(*(int(word) for word in sys.argv[3:5])))
        return
    prepare(cache, slice(None))
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    train(cache, rounds, int(sys.argv[3]) if len(sys.argv) > 3 else 100000)


if __name__ == "__main__":
    main()
