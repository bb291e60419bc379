"""Loaded models: one owner, a byte budget, explicit release."""

from __future__ import annotations

import gc
import logging
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from nodes.sdk.models import verified

T = TypeVar("T")

logger = logging.getLogger(__name__)

DEFAULT_BUDGET = 6 * 2**30
_Place = tuple[str, str, str]


class ModelPool:
    """A ModelSource that keeps models loaded while they fit, the least recently used going first.

    Args:
        budget: bytes; a model counts as much as its file.
        find: gives a card's verified file.
    """

    def __init__(self, budget: int = DEFAULT_BUDGET, *, find: Callable[[str], Path] = verified) -> None:
        self.budget = budget
        self._find = find
        self._loaded: OrderedDict[_Place, tuple[Any, int]] = OrderedDict()
        self._lock = threading.RLock()

    def path(self, card: str) -> Path:
        """The verified file of a card. Raises ModelProblem when it is missing or damaged."""
        return self._find(card)

    def load(self, card: str, variant: str, device: str, loader: Callable[[Path], T]) -> T:
        """The loaded model, made by `loader(path)` when it is not there yet.

        Loading happens under a lock: making a model is not safe against moving another one.
        """
        place = (card, variant, device)
        with self._lock:
            if place in self._loaded:
                self._loaded.move_to_end(place)
            else:
                path = self._find(card)
                size = path.stat().st_size
                while self._loaded and self.size + size > self.budget:
                    gone, _ = self._loaded.popitem(last=False)
                    logger.info("the model %s makes room for %s", gone[0], card)
                    _hand_back(gone[2])
                self._loaded[place] = (loader(path), size)
            model: T = self._loaded[place][0]
            return model

    @property
    def size(self) -> int:
        """Bytes that count against the budget."""
        return sum(size for _, size in self._loaded.values())

    def names(self) -> list[str]:
        """The cards whose models are loaded, the least recently used first."""
        return list(dict.fromkeys(card for card, _, _ in self._loaded))

    def release(self, card: str | None = None) -> None:
        """Let go of one card's models, or of all."""
        with self._lock:
            gone = [place for place in self._loaded if card is None or place[0] == card]
            for place in gone:
                del self._loaded[place]
            for device in {place[2] for place in gone}:
                _hand_back(device)


def _hand_back(device: str) -> None:
    """Give freed memory of a graphics card back to the system."""
    torch = sys.modules.get("torch")
    if device != "cpu" and torch is not None:
        gc.collect()
        torch.cuda.empty_cache()
