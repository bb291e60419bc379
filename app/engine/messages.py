"""What the client tells a worker."""

from __future__ import annotations

from dataclasses import dataclass

from app.engine.protocol import View
from app.engine.snapshot import Patch


@dataclass(frozen=True)
class Options:
    """How a worker is set up.

    Attributes:
        folder: its own, for arrays and the shared page.
        device: "auto", "cpu" or "cuda".
        registry: "module:function" that gives the registry.
        memory: bytes for results; 0 takes a share of the machine's memory.
        disk: whether results that took long are kept on disk.
        niceness: how far it steps back behind other programs.
    """

    folder: str
    device: str = "auto"
    registry: str = "nodes.sdk.registry:default_registry"
    memory: int = 0
    disk: bool = True
    niceness: int = 10


@dataclass(frozen=True)
class Look:
    """Ask for views; `patch` makes the snapshot out of the one sent last."""

    request: int
    patch: Patch
    views: tuple[View, ...]
    frame: int
    proxy: int


@dataclass(frozen=True)
class Purge:
    """Forget results, of one node or all."""

    node: str | None


@dataclass(frozen=True)
class Pin:
    """Keep the results of these nodes."""

    nodes: frozenset[str]


@dataclass(frozen=True)
class Export:
    """Write a node's picture over a range into a file; "" takes the node's own path.

    Attributes:
        embed: whether the file takes the graph with it.
        credentials: whether files with edited people carry content credentials.
    """

    job: int
    patch: Patch
    node: str
    output: str
    first: int
    last: int
    embed: bool = True
    credentials: bool = True


Message = Look | Purge | Pin | Export
