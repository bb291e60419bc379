"""Any value as rows of text, for the viewers that show no picture."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from nodes.sdk.values import ARKIT_NAMES, Embedding, Faces, HeadState, Motion, Table

#: Rows beyond this are not listed; a line says how many there are.
ROW_LIMIT = 5000

Rows = tuple[tuple[str, ...], list[tuple[str, ...]]]


def describe(value: Any) -> Rows:
    """Column titles and rows of a value."""
    if isinstance(value, Table):
        return value.columns, [tuple(_cell(cell) for cell in row) for row in value.rows[:ROW_LIMIT]]
    if isinstance(value, Faces):
        return _faces(value)
    if isinstance(value, HeadState):
        return _head(value)
    if isinstance(value, Motion):
        return _motion(value)
    if isinstance(value, Embedding):
        return ("Property", "Value"), [
            ("Network", value.model or "unknown"),
            ("Name", value.name or "not enrolled"),
            ("Length", str(value.vector.shape[0])),
        ]
    if isinstance(value, bool | int | float | str):
        return ("Value",), [(_cell(value),)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return ("Property", "Value"), [
            (field.name, _short(getattr(value, field.name))) for field in dataclasses.fields(value)
        ]
    return ("Value",), [(_short(value),)]


def _faces(faces: Faces) -> Rows:
    columns = ("Face", "Confidence", "Left", "Top", "Width", "Height", "Landmarks", "Strongest expression")
    rows = []
    for number, face in enumerate(faces):
        left, top, right, bottom = (float(edge) for edge in face.box)
        strongest = sorted(range(52), key=lambda index: -float(face.coefficients[index]))[:3]
        words = ", ".join(
            f"{ARKIT_NAMES[index]} {float(face.coefficients[index]):.2f}"
            for index in strongest
            if face.coefficients[index] > 0.05
        )
        name = face.name or (f"#{face.identity}" if face.identity >= 0 else str(number + 1))
        sizes = (f"{part:.0f}" for part in (left, top, right - left, bottom - top))
        rows.append((name, f"{face.score:.0%}", *sizes, str(len(face.landmarks)), words))
    return columns, rows


def _head(head: HeadState) -> Rows:
    degrees = np.degrees(np.asarray(head.rotation, np.float64))
    place = np.asarray(head.translation, np.float64)
    rows: list[tuple[str, ...]] = [
        ("Head model", head.model.name),
        ("Fit error", f"{head.error:.2%} of the eye distance"),
        ("Rotation", "  ".join(f"{angle:.1f}°" for angle in degrees)),
        ("Position", "  ".join(f"{metres:.3f} m" for metres in place)),
        *(
            (f"{eye} eye", f"pitch {math.degrees(pitch):.1f}°, yaw {math.degrees(yaw):.1f}°")
            for eye, (pitch, yaw) in zip(("Left", "Right"), head.gaze, strict=True)
        ),
    ]
    rows += [
        (name, f"{float(amount):.3f}") for name, amount in zip(ARKIT_NAMES, head.expression, strict=True)
    ]
    return ("Property", "Value"), rows


def _motion(motion: Motion) -> Rows:
    peaks = motion.coefficients.max(axis=0, initial=0.0)
    means = motion.coefficients.mean(axis=0) if len(motion.coefficients) else np.zeros(52)
    order = np.argsort(-peaks, kind="stable")
    rows = [(ARKIT_NAMES[i], f"{peaks[i]:.3f}", f"{means[i]:.3f}") for i in order]
    title = f"{motion.seconds:.2f} s at {motion.fps:g} fps"
    return ("Coefficient", "Peak", "Mean"), [(title, "", ""), *rows]


def _cell(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.6g}"
    return str(cell)


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        if value.size <= 6:
            return "  ".join(_cell(float(part)) for part in value.ravel())
        return f"{' x '.join(str(size) for size in value.shape)} {value.dtype}"
    if isinstance(value, tuple | list) and len(value) > 6:
        return f"{len(value)} items"
    text = _cell(value)
    return text if len(text) <= 200 else f"{text[:199]}…"
