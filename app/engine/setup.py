"""What every compute process does first: step back, find its nodes, open its cache."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import signal
import sys
from hashlib import blake2b
from pathlib import Path

from app.engine.cache import Cache
from app.engine.disk import DiskCache
from nodes.sdk.models import data_folder
from nodes.sdk.registry import Registry

logger = logging.getLogger(__name__)


def step_back(niceness: int) -> None:
    """Leave the processor to the interface, and Ctrl+C to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if niceness and hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(niceness)


def load_registry(path: str) -> Registry:
    """The registry that "module:function" gives."""
    module, _, function = path.partition(":")
    made = getattr(importlib.import_module(module), function)()
    if not isinstance(made, Registry):
        raise TypeError(f"{path} does not give a registry")
    return made


def open_cache(registry: Registry, *, memory: int = 0, disk: bool = True) -> Cache:
    """Memory, and the user's folder of results that took long."""
    store = None
    if disk:
        store = DiskCache(data_folder() / "cache" / "results", salt=code_fingerprint(registry))
    return Cache(memory or None, disk=store)


def code_fingerprint(registry: Registry) -> bytes:
    """Changes whenever a file of the nodes' code changes: what older code stored is not trusted."""
    import nodes

    files = {path for folder in nodes.__path__ for path in Path(folder).rglob("*.py")}
    for spec in registry:
        source = getattr(sys.modules.get(spec.function.__module__), "__file__", None)
        if source:
            files.add(Path(source))
    digest = blake2b(digest_size=16)
    for path in sorted(files):
        with contextlib.suppress(OSError):
            status = path.stat()
            digest.update(f"{path.name} {status.st_mtime_ns} {status.st_size}\n".encode())
    return digest.digest()


def resident_bytes() -> int:
    """Memory of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
