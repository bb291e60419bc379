"""Trains resources/heads/anny_correction.npz: python packaging/train_head_correction.py PHOTOS CACHE.

PHOTOS is a folder of portraits that lend the drawn heads their skin; none of it is in the result.
CACHE is a folder for what the landmarker saw of the drawn heads; what is there is used again, so
that drawing may be split over several runs with other seeds. Needs the fetched head model and
landmarker; a head takes about half a second.

    python packaging/train_head_correction.py PHOTOS CACHE [COUNT] [SEED]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from head_pictures import examples, head_model, textures_of

from nodes.head import _correction
from nodes.head._correction import FILE, Correction, Fitted, features, towards
from nodes.head._fit import eye_distance, fit_landmarks
from nodes.head._fitting import USUAL_FOCAL
from nodes.head._landmarks import landmark_basis
from nodes.head._shape import landmark_points, parts_of
from nodes.raster.geometry import rotation_matrix, rotation_vector, vertex_normals
from nodes.sdk.values import HeadModel

FIELDS = ("landmarks", "coefficients", "hidden", "identity", "expression", "rotation", "camera")
COMPONENTS = 60
CHUNK = 200
#: Strengths of the ridge to choose from.
RIDGES = (100.0, 300.0, 1000.0, 3000.0)


def draw(model: HeadModel, photos: Path, cache: Path, count: int, seed: int) -> None:
    """Draw heads and keep what the landmarker saw of them, in files of CHUNK."""
    textures = textures_of(photos)
    rows: list[tuple[np.ndarray, ...]] = []
    for number, found in enumerate(examples(model, textures, count, seed), 1):
        head, face = found.head, found.face
        camera = np.array([head.camera.focal, head.camera.width], np.float32)
        seen = (face.landmarks.astype(np.float32), face.coefficients, found.hidden)
        rows.append((*seen, head.identity, head.expression, head.rotation, camera))
        if number % CHUNK == 0:
            columns = (np.array(column) for column in zip(*rows, strict=True))
            arrays = dict(zip(FIELDS, columns, strict=True))
            np.savez(cache / f"{seed}_{number}.npz", allow_pickle=False, **arrays)
            rows.clear()


def gathered(cache: Path) -> dict[str, np.ndarray]:
    """Everything in the cache."""
    chunks = [np.load(path, allow_pickle=False) for path in sorted(cache.glob("*.npz"))]
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in FIELDS}


def fitted(model: HeadModel, data: dict[str, np.ndarray]) -> tuple[list[Fitted], np.ndarray]:
    """Fits by landmarks alone, and what they lack: N x (D + 55)."""
    basis = landmark_basis(model)
    fits, lacking = [], []
    for number, landmarks in enumerate(data["landmarks"]):
        focal, side = (float(value) for value in data["camera"][number])
        centre, guess = (side / 2, side / 2), USUAL_FOCAL * side
        fit = fit_landmarks(
            model,
            landmarks,
            data["coefficients"][number],
            centre=centre,
            focal=guess,
            visibility=1.0 - data["hidden"][number],
        )
        middle = landmarks[:468, :2].mean(axis=0)
        seen = towards(centre, guess, middle).T @ rotation_matrix(fit.rotation)
        true = towards(centre, focal, middle).T @ rotation_matrix(data["rotation"][number])
        shape = basis.turn.T @ fit.identity
        residuals = fit.residuals * [1.0, -1.0] / eye_distance(landmarks)
        fits.append(Fitted(shape, fit.expression, seen, residuals))
        lacking.append(
            np.concatenate(
                [
                    basis.turn.T @ data["identity"][number] - shape,
                    data["expression"][number] - fit.expression,
                    rotation_vector(seen.T @ true),
                ]
            )
        )
    return fits, np.array(lacking)


def face_normals(model: HeadModel, turn: np.ndarray) -> np.ndarray:
    """F x D millimetres: how far each direction moves the face along its normal, but for rigid motion."""
    skin = np.unique(model.triangles[parts_of(model).skin_triangles])
    landmarks = landmark_points(model, model.mean)
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    place = model.mean[skin]
    # the forehead above the landmarks too; the neck, the ears and the skull not
    inside = (place[:, 1] > low[1]) & (place[:, 1] < high[1] + 0.01) & (place[:, 2] > low[2] + 0.02)
    skin = skin[inside]
    normals = vertex_normals(model.mean, model.triangles)[skin].astype(np.float64)
    moved = np.einsum("kvc,vc->vk", model.identity[:, skin], normals) @ turn
    centred = model.mean[skin] - model.mean[skin].mean(axis=0)
    rigid, _ = np.linalg.qr(np.concatenate([normals, np.cross(centred, normals)], axis=1))
    return (moved - rigid @ (rigid.T @ moved)) * 1000.0


def train(model: HeadModel, data: dict[str, np.ndarray]) -> Correction:
    """The regression with the ridge that does best on a fifth held back, whose errors are its spreads."""
    fits, lacking = fitted(model, data)
    turn = landmark_basis(model).turn
    held = np.arange(len(fits)) % 5 == 0
    turned = np.array([(np.column_stack([f.residuals, np.zeros(468)]) @ f.rotation).ravel() for f in fits])
    _, sizes, main = np.linalg.svd(turned[~held], full_matrices=False)
    components = main[:COMPONENTS].T / (sizes[:COMPONENTS] / np.sqrt((~held).sum()))
    inputs = np.array(
        [
            features(components, fit, coefficients)
            for fit, coefficients in zip(fits, data["coefficients"], strict=True)
        ]
    )
    middle, spread = inputs.mean(axis=0), inputs.std(axis=0) + 0.02
    inputs = np.clip((inputs - middle) / spread, -3.5, 3.5)
    surface = face_normals(model, turn)[::3]
    count = turn.shape[1]

    def solved(rows: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
        offset = lacking[rows].mean(axis=0)
        x = inputs[rows]
        normal = x.T @ x + ridge * np.eye(x.shape[1])
        return np.linalg.solve(normal, x.T @ (lacking[rows] - offset)), offset

    def wrong(ridge: float) -> np.ndarray:
        weights, offset = solved(~held, ridge)
        missed: np.ndarray = inputs[held] @ weights + offset - lacking[held]
        return missed

    def report(name: str, missed: np.ndarray) -> float:
        off = float(np.median(np.abs(missed[:, :count] @ surface.T)))
        expression = float(np.abs(missed[:, count : count + 52]).mean())
        turn_off = float(np.degrees(np.median(np.linalg.norm(missed[:, count + 52 :], axis=1))))
        sys.stdout.write(f"{name}: {off:.2f} mm, expression {expression:.3f}, {turn_off:.2f} degrees\n")
        return off

    report(f"landmarks alone, {held.sum()} of {len(held)} heads", -lacking[held])
    chosen = min(RIDGES, key=lambda ridge: report(f"ridge {ridge:.0f}", wrong(ridge)))
    missed = wrong(chosen)
    weights, offset = solved(np.ones(len(held), bool), chosen)
    return Correction(
        turn,
        components,
        middle,
        spread,
        weights,
        offset,
        precision_of(missed[:, :count]),
        missed[:, count : count + 52].std(axis=0),
        missed[:, count + 52 :].std(axis=0),
        least_values(held, fits, lacking, missed),
    )


def least_values(held: np.ndarray, fits: list[Fitted], lacking: np.ndarray, missed: np.ndarray) -> np.ndarray:
    """52: what each expression coefficient must reach to be believed, for the least mean error.

    Most coefficients of a face are 0, and a regression that says a little of each is mostly wrong.
    """
    before = np.array([fit.expression for fit in fits])[held]
    columns = slice(lacking.shape[1] - 55, lacking.shape[1] - 3)
    truth = before + lacking[held][:, columns]
    found = np.clip(truth + missed[:, columns], 0.0, 1.0)
    tried = np.arange(0.0, 0.31, 0.03)
    errors = [np.abs(np.maximum(found - least, 0.0) / (1 - least) - truth).mean(axis=0) for least in tried]
    chosen: np.ndarray = tried[np.argmin(errors, axis=0)]
    return chosen


def precision_of(missed: np.ndarray) -> np.ndarray:
    """The inverse covariance of errors, nowhere less sure than the standard normal prior."""
    values, vectors = np.linalg.eigh(np.cov(missed.T))
    precision: np.ndarray = (vectors / np.clip(values, 1e-3, 0.95)) @ vectors.T
    return precision


def save(correction: Correction, name: str) -> None:
    """Write the file that ships."""
    arrays = {key: value.astype(np.float32) for key, value in vars(correction).items()}
    arrays["components"] = arrays["components"].astype(np.float16)
    np.savez_compressed(FILE, allow_pickle=False, model=np.array(name), **arrays)


def main() -> None:
    photos, cache = Path(sys.argv[1]), Path(sys.argv[2])
    count, seed = (int(word) for word in [*sys.argv[3:], "8000", "21"][:2])
    model = head_model()
    cache.mkdir(parents=True, exist_ok=True)
    # A fit to be corrected must not be corrected already.
    FILE.unlink(missing_ok=True)
    _correction.correction_for.cache_clear()
    if count and not any(cache.glob(f"{seed}_*.npz")):
        draw(model, photos, cache, count, seed)
    save(train(model, gathered(cache)), model.name)


if __name__ == "__main__":
    main()
