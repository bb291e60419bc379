"""Attributes as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from nodes.face._attributes import Attributes, gender_words

_COUNT = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
_EXPRESSION = {
    "neutral": "a neutral expression", "happy": "a happy expression", "sad": "a sad expression",
    "angry": "an angry expression", "surprised": "a surprised expression",
    "afraid": "a frightened expression", "disgusted": "a disgusted expression",
}  # fmt: skip


def description(entries: Sequence[Attributes], width: int) -> str:
    """A paragraph about the faces of a picture of a width, for people and for language models."""
    if not entries:
        return "No face is visible."
    count = len(entries)
    number = _COUNT[count] if count < len(_COUNT) else str(count)
    head = f"{number} face{'s are' if count > 1 else ' is'} visible."
    return " ".join([head, *(_sentence(entry, width, count > 1) for entry in entries)])


def _sentence(entry: Attributes, width: int, say_where: bool) -> str:
    face = entry.face
    parts = []
    who = face.name or "A person"
    if entry.age is not None:
        gender, sure = gender_words(entry.age)
        look = f"{gender}-presenting " if sure > 0.8 else ""
        person = "person" if entry.age.age >= 18 else "young person"
        decade = int(entry.age.age // 5 * 5)
        about = f"about {decade} to {decade + 5} years old"
        who = f"{face.name}, a {look}{person}" if face.name else f"A {look}{person}"
        parts.append(about)
    if say_where:
        share = float(face.box[0] + face.box[2]) / 2 / max(width, 1)
        parts.append("on the left" if share < 0.36 else "on the right" if share > 0.64 else "in the middle")
    hair = entry.hair
    if hair is not None and hair.colour not in ("none", "hidden"):
        length = f"{hair.length} " if hair.length != "none" else ""
        parts.append(f"with {length}{hair.colour} hair" if hair.confidence > 0.4 else f"with {length}hair")
    if entry.glasses.worn and entry.glasses.confidence > 0.6:
        parts.append("wearing glasses")
    feeling = _EXPRESSION[entry.emotion.name]
    faintly = "perhaps " if entry.emotion.confidence < 0.5 else ""
    return f"{who}, {', '.join(parts)}, shows {faintly}{feeling}, {_looking(entry)}."


def _looking(entry: Attributes) -> str:
    yaw, pitch, _ = entry.angles
    sideways = "to the right" if yaw > 20 else "to the left" if yaw < -20 else ""
    upwards = "up" if pitch > 18 else "down" if pitch < -18 else ""
    where = " and ".join(part for part in (upwards, sideways) if part)
    return f"facing {where}" if where else "facing the camera"
