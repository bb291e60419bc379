"""What the user decided about models: the offline switch, and licences agreed to.

Both are kept in `models.json` in the user's data folder.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from nodes.sdk.errors import FileProblem, ModelProblem
from nodes.sdk.models import ModelCard, data_folder
from nodes.sdk.whole import written_whole

OFFLINE_VARIABLE = "FACEWRIGHT_OFFLINE"
_LARGEST_FILE = 1 << 20


def is_offline() -> bool:
    """Whether nothing may be fetched: FACEWRIGHT_OFFLINE=1, or the user's stored choice."""
    variable = os.environ.get(OFFLINE_VARIABLE, "").strip().lower()
    if variable:
        return variable not in ("0", "false", "no", "off")
    return _stored().get("offline") is True


def set_offline(offline: bool) -> None:
    """Store the choice. Raises FileProblem when the data folder cannot be written."""
    _store(_stored() | {"offline": offline})


def check_online() -> None:
    """Raise ModelProblem when the user has forbidden to fetch anything."""
    if is_offline():
        hint = "Allow it with: facewright models offline off"
        if os.environ.get(OFFLINE_VARIABLE, "").strip():
            hint = f"Allow it by unsetting {OFFLINE_VARIABLE}"
        raise ModelProblem("fetching is switched off (offline)", hint=hint)


def needs_agreement(card: ModelCard) -> bool:
    """Whether the user has still to agree that the model is not for commercial use."""
    return not card.commercial and _agreed().get(card.name) != card.licence


def record_agreement(card: ModelCard) -> None:
    """Remember that the user agreed; asked again only when the card's licence changes."""
    _store(_stored() | {"agreed": _agreed() | {card.name: card.licence}})


def _agreed() -> dict[str, Any]:
    agreed = _stored().get("agreed")
    return agreed if isinstance(agreed, dict) else {}


def _path() -> Path:
    return data_folder() / "models.json"


def _stored() -> dict[str, Any]:
    try:
        if _path().stat().st_size > _LARGEST_FILE:
            return {}
        stored = json.loads(_path().read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise FileProblem(
            f"the model settings cannot be read ({error})",
            hint="Repair or remove the file",
            where=str(_path()),
        ) from error
    return stored if isinstance(stored, dict) else {}


def _store(content: dict[str, Any]) -> None:
    path = _path()
    try:
        with written_whole(path) as stream:
            stream.write(json.dumps(content, indent=2, sort_keys=True).encode())
    except OSError as error:
        raise FileProblem(
            f"the model settings cannot be saved ({error.strerror})",
            hint="Make room, or give yourself the right to write there",
            where=str(path),
        ) from error
