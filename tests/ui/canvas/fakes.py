"""A session without an engine, and a few node kinds, for tests of the canvas and the panels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Literal, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.document.document import Document
from app.document.graph import Graph, GraphError, NodeInstance, Port
from app.document.subgraph import edited_at
from app.ui.place import Place
from nodes.sdk.node import node
from nodes.sdk.params import Choice, Colour, File, Slider, Text, Toggle
from nodes.sdk.registry import Registry
from nodes.sdk.values import Faces, HeadState, Image, Mask


@node(title="Load image", category="Load")
def load_image(*, path: Annotated[str, File("Picture", ("png", "jpg"))] = "") -> Image:
    """Read a picture from a file. It may be of any size."""
    raise NotImplementedError


@node(title="Blur", category="Image")
def blur(image: Image, *, radius: Annotated[float, Slider(0, 100, unit="px")] = 4.0) -> Image:
    """Soften a picture with a Gaussian of the given radius."""
    raise NotImplementedError


@node(title="Blend images", category="Image", note="classical")
def blend_images(
    front: Image,
    back: Image,
    mask: Mask | None = None,
    *,
    mode: Annotated[Literal["over", "add", "multiply", "screen"], Choice(label="Mode")] = "over",
    mix: Annotated[float, Slider(0, 1)] = 1.0,
) -> Image:
    """Lay one picture over another. The mask says where."""
    raise NotImplementedError


@node(title="Collect", category="Image")
def collect(images: list[Image]) -> Image:
    """Put any number of pictures side by side."""
    raise NotImplementedError


@node(title="Image to mask", category="Mask")
def mask_from_image(image: Image) -> Mask:
    """The brightness of a picture as a mask."""
    raise NotImplementedError


class Found(NamedTuple):
    """What the face finder returns."""

    faces: Faces
    mask: Mask


@node(title="Find faces", category="Face", note="research licence")
def find_faces(
    image: Image,
    *,
    confidence: Annotated[float, Slider(0, 1)] = 0.5,
    count: Annotated[int, Slider(1, 20)] = 5,
) -> Found:
    """Find every face in a picture, with its landmarks."""
    raise NotImplementedError


@node(title="Fit head", category="Head")
def fit_head(image: Image, faces: Faces) -> HeadState:
    """Fit the head model to the landmarks of a face."""
    raise NotImplementedError


@node(title="Edit expression", category="Edit")
def edit_expression(
    head: HeadState,
    *,
    strength: Annotated[float, Slider(0, 2)] = 1.0,
    jaw_open: Annotated[float, Slider(-1, 1, group="Mouth")] = 0.0,
    smile_left: Annotated[float, Slider(-1, 1, group="Mouth")] = 0.0,
    smile_right: Annotated[float, Slider(-1, 1, group="Mouth")] = 0.0,
    blink_left: Annotated[float, Slider(-1, 1, group="Eyes")] = 0.0,
    turn: Annotated[float, Slider(-45, 45, unit="degrees", group="Pose", hard=False)] = 0.0,
    steps: Annotated[int, Slider(1, 12, group="Pose")] = 3,
    tint: Annotated[tuple[float, float, float], Colour(group="Look")] = (1.0, 0.5, 0.25),
    mirror: Annotated[bool, Toggle(group="Look")] = False,
    remark: Annotated[str, Text(multiline=True, group="Look")] = "",
) -> HeadState:
    """Offset the expression of a fitted head. Left and right are the person's own."""
    raise NotImplementedError


@node(title="Write words", category="Image")
def write_words(image: Image | None = None, *, words: Annotated[str, Text()] = "") -> Image:
    """Write words onto a picture, in one line."""
    raise NotImplementedError


KINDS = (
    write_words,
    load_image,
    blur,
    blend_images,
    collect,
    mask_from_image,
    find_faces,
    fit_head,
    edit_expression,
)


def small_registry() -> Registry:
    """A registry of the kinds above."""
    registry = Registry()
    for kind in KINDS:
        registry.add(kind.spec)  # type: ignore[attr-defined]
    return registry


class FakeSession(QObject):
    """What the canvas and the panels need of `app.ui.session.Session`."""

    graph_changed = Signal(object, object)
    frame_changed = Signal(int)
    node_state = Signal(object)
    thumbnail = Signal(object)
    selection_changed = Signal(object)
    slots_changed = Signal()
    place_changed = Signal()
    pins_changed = Signal()
    message = Signal(str)

    def __init__(self, graph: Graph | None = None, registry: Registry | None = None) -> None:
        super().__init__()
        self.registry = registry or small_registry()
        self.document = Document(self.registry, graph)
        self.place = Place(self.document.graph)
        self.pins: set[str] = set()
        self.purged: list[str] = []
        self.frame = 0
        self.selection: tuple[str, ...] = ()
        self.slots: dict[int, Port] = {}
        self.slot = 1
        self.states: dict[str, object] = {}
        self.messages: list[str] = []
        self.message.connect(self.messages.append)

    @property
    def graph(self) -> Graph:
        return self.place.shown

    @property
    def whole(self) -> Graph:
        return self.place.whole

    def state_of(self, name: str) -> object | None:
        return self.states.get(self.place.address(name))

    def enter(self, name: str) -> None:
        instance = self.graph.nodes.get(name)
        if instance is not None and instance.inner is not None:
            self.go_to((*self.place.path, name))

    def leave(self) -> bool:
        path = self.place.path
        if path:
            self.go_to(path[:-1])
            self.select(path[-1:])
        return bool(path)

    def go_to(self, path: tuple[str, ...]) -> None:
        before = self.graph
        self.select(())
        self.place.go_to(path)
        self.place_changed.emit()
        self.graph_changed.emit(before, self.graph)

    def reveal(self, address: str) -> str:
        *path, name = address.split(".")
        self.go_to(tuple(path))
        return name

    def is_pinned(self, name: str) -> bool:
        return self.place.address(name) in self.pins

    def toggle_pins(self, names: Iterable[str]) -> None:
        self.pins ^= {self.place.address(name) for name in names}
        self.pins_changed.emit()

    def purge(self, names: Iterable[str]) -> None:
        self.purged += [self.place.address(name) for name in names]

    def edit(self, label: str, function: Callable[[Graph], Graph], merge: str = "") -> bool:
        path = self.place.path
        return self.edit_document(label, lambda graph: edited_at(graph, path, function), merge)

    def edit_document(self, label: str, function: Callable[[Graph], Graph], merge: str = "") -> bool:
        before = self.document.graph
        try:
            self.document.edit(label, function, merge=merge)
        except GraphError as error:
            self.message.emit(str(error))
            return False
        self._tell(before)
        return True

    def undo(self) -> None:
        before = self.document.graph
        if self.document.undo():
            self._tell(before)

    def redo(self) -> None:
        before = self.document.graph
        if self.document.redo():
            self._tell(before)

    def select(self, names: Iterable[str]) -> None:
        chosen = tuple(name for name in names if name in self.graph.nodes)
        if chosen != self.selection:
            self.selection = chosen
            self.selection_changed.emit(chosen)

    def set_frame(self, frame: int) -> None:
        self.frame = frame
        self.frame_changed.emit(frame)

    def view_node(self, name: str, slot: int = 1, output: str = "") -> None:
        self.slots[slot] = Port(self.place.address(name), output or "out")
        self.slot = slot
        self.slots_changed.emit()

    def cancel(self) -> None:
        pass

    def _tell(self, before: Graph) -> None:
        if self.document.graph is not before:
            shown = self.graph
            if self.place.follow(self.document.graph):
                self.place_changed.emit()
            self.graph_changed.emit(shown, self.graph)
            self.select(self.selection)


def steps(session: FakeSession) -> int:
    """How many steps can be undone; leaves the document as it was."""
    count = 0
    while session.document.undo():
        count += 1
    for _ in range(count):
        session.document.redo()
    return count


def face_graph() -> Graph:
    """A photo, its faces, a fitted head and an edit, in a row."""
    graph = Graph()
    places = {
        "photo": ("load_image", 0, 0),
        "faces": ("find_faces", 240, 40),
        "head": ("fit_head", 480, 0),
        "edit": ("edit_expression", 720, 0),
    }
    for name, (kind, x, y) in places.items():
        graph = graph.with_node(name, NodeInstance(kind, x=float(x), y=float(y)))
    graph = graph.with_link(Port("photo", "out"), "faces", "image")
    graph = graph.with_link(Port("photo", "out"), "head", "image")
    graph = graph.with_link(Port("faces", "faces"), "head", "faces")
    return graph.with_link(Port("head", "out"), "edit", "head")
