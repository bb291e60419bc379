"""What a node may ask of the run that evaluates it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from nodes.sdk.errors import Cancelled, DeclarationError

T = TypeVar("T")

#: What a node may declare that it reads; each of them becomes part of its cache key.
READABLE = frozenset({"frame", "fps", "proxy"})
#: How many notices a result may carry, and how many letters each.
MOST_NOTICES, LONGEST_NOTICE = 4, 300
#: Seconds between two previews of a result that is worked on.
PREVIEW_INTERVAL = 1.0


class ModelSource(Protocol):
    """Finds model files and keeps loaded models warm; the engine's pool, or a test's stand-in."""

    def path(self, card: str) -> Path:
        """The verified file of a model card. Raises ModelProblem when it is missing or damaged."""

    def load(self, card: str, variant: str, device: str, loader: Callable[[Path], T]) -> T:
        """The loaded model of a card, made by `loader(path)` once per variant and device."""


@dataclass(frozen=True)
class RunSettings:
    """What is the same for a whole run.

    Attributes:
        fps: frames a second of the project.
        proxy: 1 for full size; 2, 4, 8 when a quick look at a fraction of the size is enough.
        device: "cpu" or "cuda".
    """

    fps: float = 25.0
    proxy: int = 1
    device: str = "cpu"


class Context:
    """Handed to a node that has a `context: Context` argument.

    Reading `frame`, `fps` or `proxy` must be declared (`@node(reads=("frame",))`), because what a
    node reads is part of the key of its result; undeclared reads raise DeclarationError.
    """

    def __init__(
        self,
        *,
        frame: int = 0,
        settings: RunSettings | None = None,
        models: ModelSource | None = None,
        reads: frozenset[str] = READABLE,
        on_progress: Callable[[float, str], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
        on_preview: Callable[[Any], None] | None = None,
    ) -> None:
        self._frame = frame
        self._settings = settings or RunSettings()
        self._models = models
        self._reads = reads
        self._on_progress = on_progress
        self._is_cancelled = is_cancelled
        self._on_preview = on_preview
        self._previewed = -PREVIEW_INTERVAL
        self.notices: tuple[str, ...] = ()

    def _declared(self, what: str) -> None:
        if what not in self._reads:
            raise DeclarationError(
                f"the node reads '{what}' without declaring it", hint=f'Add reads=("{what}",)'
            )

    @property
    def frame(self) -> int:
        """The frame asked for, counted from 0."""
        self._declared("frame")
        return self._frame

    @property
    def fps(self) -> float:
        """Frames a second of the project."""
        self._declared("fps")
        return self._settings.fps

    @property
    def proxy(self) -> int:
        """By how much pictures may be smaller than asked: 1, 2, 4 or 8."""
        self._declared("proxy")
        return self._settings.proxy

    @property
    def device(self) -> str:
        """Where tensors should live: "cpu" or "cuda"."""
        return self._settings.device

    def progress(self, fraction: float, doing: str = "") -> None:
        """Report progress in 0..1 and give up here if the run was cancelled. Call it often."""
        self.check()
        if self._on_progress is not None:
            self._on_progress(min(max(fraction, 0.0), 1.0), doing)

    @property
    def wants_preview(self) -> bool:
        """Whether somebody looks on, and the last preview is some time ago: ask before making one."""
        return self._on_preview is not None and time.monotonic() - self._previewed >= PREVIEW_INTERVAL

    def preview(self, value: Any) -> None:
        """Show how the result stands, while it is still worked on: a value such as an Image.

        It takes the place of the result in the viewers that wait for it, and is never stored.
        """
        if self._on_preview is not None and self.wants_preview:
            self._on_preview(value)
            self._previewed = time.monotonic()

    def notice(self, words: str) -> None:
        """Say something about the result that is no failure, such as "no face was found".

        It is shown on the node and by the command line, for as long as the result is used.
        """
        if words not in self.notices and len(self.notices) < MOST_NOTICES:
            self.notices = (*self.notices, words[:LONGEST_NOTICE])

    def check(self) -> None:
        """Raise Cancelled when nobody wants the result any more."""
        if self._is_cancelled is not None and self._is_cancelled():
            raise Cancelled

    def model_path(self, card: str) -> Path:
        """The verified file of a model card.

        Raises:
            ModelProblem: when it is missing or damaged; the message says how to fetch it.
        """
        return self._source().path(card)

    def model(self, card: str, loader: Callable[[Path], T], *, variant: str = "") -> T:
        """The loaded model of a card; loaded once and shared by all nodes of the process.

        Args:
            card: the model card's name, such as "face_landmarker".
            loader: called with the file's path when the model is not loaded yet.
            variant: tells apart several things loaded from one file.
        """
        return self._source().load(card, variant, self.device, loader)

    def _source(self) -> ModelSource:
        if self._models is None:
            from nodes.sdk.models import LocalModels

            self._models = LocalModels()
        return self._models


#: The type of states that sequential nodes carry; any value the codec knows, or None.
State = Any
