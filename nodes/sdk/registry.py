"""Finds every node: those that ship, those of installed packages, and the user's own folder."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import pkgutil
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from nodes.sdk import own
from nodes.sdk.errors import DeclarationError
from nodes.sdk.node import NodeSpec

logger = logging.getLogger(__name__)

ENTRY_POINT_GROUP = "facewright.nodes"


class Registry:
    """Node specs by id, and the notes about those that could not be loaded."""

    def __init__(self) -> None:
        self._specs: dict[str, NodeSpec] = {}
        self.problems: list[str] = []

    def add(self, spec: NodeSpec) -> None:
        """Register a node. Raises DeclarationError when its id is taken."""
        if spec.id in self._specs:
            raise DeclarationError(f"two nodes have the id '{spec.id}'")
        self._specs[spec.id] = spec

    def get(self, node_id: str) -> NodeSpec | None:
        return self._specs.get(node_id)

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._specs

    def __iter__(self) -> Iterator[NodeSpec]:
        return iter(sorted(self._specs.values(), key=lambda spec: (spec.category, spec.title)))

    def __len__(self) -> int:
        return len(self._specs)

    def add_module(self, module: ModuleType) -> None:
        """Register the nodes that a module defines (not those it merely imports)."""
        for entry in vars(module).values():
            spec = getattr(entry, "spec", None)
            if isinstance(spec, NodeSpec) and spec.function.__module__ == module.__name__:
                self.add(spec)

    def add_builtin(self) -> None:
        """Register every node that ships: one file per node, named as the node.

        A package of functions that nodes call says `HOLDS_NODES = False` and is not searched, so
        that the compiled and heavy modules in it are not imported before a node needs them.
        """
        import nodes

        for family in sorted(pkgutil.iter_modules(nodes.__path__), key=lambda found: found.name):
            if not family.ispkg or family.name == "sdk" or family.name.startswith("_"):
                continue
            package = importlib.import_module(f"nodes.{family.name}")
            if not getattr(package, "HOLDS_NODES", True):
                continue
            for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda f: f.name):
                if found.ispkg or found.name.startswith("_"):
                    continue
                module = importlib.import_module(f"nodes.{family.name}.{found.name}")
                if found.name not in (known := _ids_in(module)) and known:
                    raise DeclarationError(f"file {found.name}.py holds {known}, not a node of its own name")
                self.add_module(module)

    def add_packages(self) -> None:
        """Register nodes of installed packages; a broken one is a note, not a failure."""
        for entry in entry_points(group=ENTRY_POINT_GROUP):
            try:
                loaded = entry.load()
                self.add_module(loaded if isinstance(loaded, ModuleType) else sys.modules[loaded])
            except Exception as error:  # noqa: BLE001 - somebody else's code may raise anything
                self._note(f"package '{entry.name}' offers nodes that do not load: {error}")

    def add_folder(self, folder: Path) -> None:
        """Register nodes from the user's own files. Runs their code: only after the user agreed."""
        for path in sorted(folder.glob("*.py")):
            name = f"facewright_user_nodes.{path.stem}"
            try:
                found = importlib.util.spec_from_file_location(name, path)
                if found is None or found.loader is None:
                    raise ImportError("not a Python file")
                module = importlib.util.module_from_spec(found)
                sys.modules[name] = module
                found.loader.exec_module(module)
                self.add_module(module)
            except Exception as error:  # noqa: BLE001 - the user's code may raise anything
                self._note(f"{path.name} does not load: {error}")

    def _note(self, text: str) -> None:
        logger.warning("%s", text)
        self.problems.append(text)


def _ids_in(module: ModuleType) -> list[str]:
    return [
        entry.spec.id
        for entry in vars(module).values()
        if isinstance(getattr(entry, "spec", None), NodeSpec)
        and entry.spec.function.__module__ == module.__name__
    ]


_default: Registry | None = None


def default_registry() -> Registry:
    """The registry with all nodes that ship, of installed packages, and the user's own when on; made once."""
    global _default
    if _default is None:
        registry = Registry()
        registry.add_builtin()
        registry.add_packages()
        if own.are_on():
            registry.add_folder(own.folder())
        _default = registry
    return _default
