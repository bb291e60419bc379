"""The registry: all nodes by id, nothing heavy imported, and strangers' mistakes survived."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from nodes.sdk import DeclarationError, node
from nodes.sdk import registry as registry_module
from nodes.sdk.registry import Registry, default_registry
from nodes.sdk.sockets import STYLES
from nodes.sdk.values import Image

HEAVY = (
    *("torch", "numba", "scipy", "cv2", "onnxruntime", "ai_edge_litert", "av", "PIL", "skimage"),
    *("diffusers", "transformers", "trimesh", "moderngl", "pyrender", "networkx", "PySide6"),
)

NODE_FILE = '''
from nodes.sdk import node
from nodes.sdk.values import Image

@node(title="Mine", category="Mine")
def {name}(picture: Image) -> Image:
    """Hand the picture on as it is."""
    return picture
'''


def test_loading_every_node_imports_nothing_heavy() -> None:
    probe = (
        "import json, sys; from nodes.sdk.registry import default_registry; count = len(default_registry()); "
        f"print(json.dumps([count, sorted(set({HEAVY!r}) & set(sys.modules))]))"
    )
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    count, imported = json.loads(result.stdout)
    assert count > 0
    assert imported == []


def test_every_node_lives_in_a_file_of_its_name_and_is_documented() -> None:
    for spec in default_registry():
        assert spec.function.__module__.rpartition(".")[2] == spec.id
        assert spec.title
        assert len(spec.help) > 60, f"the help of {spec.id} is too short for an artist"


def test_every_socket_of_every_node_has_a_colour() -> None:
    used = {socket.type_name for spec in default_registry() for socket in (*spec.inputs, *spec.outputs)}
    assert used <= set(STYLES)


def test_nodes_come_by_category_and_title() -> None:
    order = [(spec.category, spec.title) for spec in default_registry()]
    assert order == sorted(order)


def test_an_id_cannot_be_taken_twice() -> None:
    @node(title="Copy", category="Test")
    def copy(picture: Image) -> Image:
        """Hand the picture on as it is."""
        return picture

    registry = Registry()
    registry.add(copy.spec)  # type: ignore[attr-defined]
    assert "copy" in registry
    with pytest.raises(DeclarationError, match="two nodes have the id 'copy'"):
        registry.add(copy.spec)  # type: ignore[attr-defined]


def test_a_module_gives_its_own_nodes_and_not_those_it_imports() -> None:
    module = ModuleType("some_module")
    some = next(iter(default_registry()))
    module.borrowed = some.function  # type: ignore[attr-defined]
    registry = Registry()
    registry.add_module(module)
    assert len(registry) == 0


@pytest.fixture
def forget_user_modules() -> object:
    yield
    for name in [name for name in sys.modules if name.startswith("facewright_user_nodes")]:
        del sys.modules[name]


def test_the_users_folder_adds_nodes_and_a_broken_file_is_a_note(
    tmp_path: Path, forget_user_modules: object
) -> None:
    (tmp_path / "mine.py").write_text(NODE_FILE.format(name="mine"))
    (tmp_path / "broken.py").write_text("import nothing_of_this_name")
    registry = Registry()
    registry.add_folder(tmp_path)
    assert [spec.id for spec in registry] == ["mine"]
    (problem,) = registry.problems
    assert problem.startswith("broken.py does not load")


def test_a_broken_package_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        name = "strange-package"

        def load(self) -> object:
            raise ImportError("no such thing")

    monkeypatch.setattr(registry_module, "entry_points", lambda group: [Entry()])
    registry = Registry()
    registry.add_packages()
    assert registry.problems == ["package 'strange-package' offers nodes that do not load: no such thing"]
