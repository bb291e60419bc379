from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes.sdk import models
from tests.models.shelf import Shelf, make_shelf


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Made-up cards and packages; nothing of the machine's own models is seen."""
    yield make_shelf(tmp_path, monkeypatch)
    # What a test itself patched goes back first, or it would bring the shelf's folders back.
    monkeypatch.undo()
    models.cards.cache_clear()
