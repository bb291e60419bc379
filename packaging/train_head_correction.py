"""Trains resources/heads/anny_correction.npz: python packaging/train_head_correction.py CACHE [COUNT].

CACHE is a folder that packaging/head_cache.py filled; COUNT is how many of its heads are used. Needs
the fetched head model. packaging/train_head_regressor.py comes after, with the file that this writes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from head_cache import gathered
from head_pictures import head_model

from nodes.head import _correction
from nodes.head._correction import FILE, Correction, Fitted, features, towards
from nodes.head._fit import eye_distance, fit_landmarks
from nodes.head._fitting import USUAL_FOCAL
from nodes.head._landmarks import landmark_basis, surface_moved
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.values import HeadModel

COMPONENTS = 60
#: Strengths of the ridge to choose from.
RIDGES = (100.0, 300.0, 1000.0, 3000.0)


def fitted(model: HeadModel, data: dict[str, np.ndarray]) -> tuple[list[Fitted], np.ndarray]:
    """Fits by landmarks alone, and what they lack: N x (D + 55)."""
    basis = landmark_basis(model)
    fits, lacking = [], []
    for number, landmarks in enumerate(data["landmarks"]):
        focal, x, y, whole = (float(value) for value in data["camera"][number])
        centre, guess = (x, y), USUAL_FOCAL * whole
        fit = fit_landmarks(
            model,
            landmarks,
            data["coefficients"][number],
            centre=centre,
            focal=guess,
            visibility=seen_part(data["visibility"][number], data["hidden"][number], number),
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


def seen_part(visibility: np.ndarray, hidden: np.ndarray, number: int) -> np.ndarray:
    """468 in 0..1, as a fit knows it: of every other head what covers it was not noticed."""
    return visibility[:468] * (1.0 - 0.7 * hidden * (number % 2))


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
    surface = (surface_moved(model) @ turn)[::3] * 1000.0
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
    columns = slice(count, count + 52)
    before = np.array([fit.expression for fit in fits])[held]
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
        least_values(before, lacking[held][:, columns], missed[:, columns]),
    )


def least_values(before: np.ndarray, lacking: np.ndarray, missed: np.ndarray) -> np.ndarray:
    """52: what each expression coefficient must reach to be believed, for the least mean error.

    Most coefficients of a face are 0, and a regression that says a little of each is mostly wrong.

    Args:
        before: N x 52, as fitted. lacking: N x 52, to the truth. missed: N x 52, of the regression.
    """
    truth = before + lacking
    found = np.clip(truth + missed, 0.0, 1.0)
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
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 8000
    model = head_model()
    # A fit to be corrected must not be corrected already.
    _correction.FILE = FILE.with_suffix(".none")
    save(train(model, gathered(Path(sys.argv[1]), count)), model.name)


if __name__ == "__main__":
    main()
