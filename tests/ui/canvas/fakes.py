"""A session whose engine computes nothing, and a few node kinds, for tests of the canvas and the panels."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from app.document.document import Document
from app.document.graph import Graph, NodeInstance, Port
from app.ui.session import Session
from nodes.sdk.node import node
from nodes.sdk.params import Choice, Colour, File, Slider, Text, Toggle
from nodes.sdk.registry import Registry
from nodes.sdk.values import Faces, HeadState, Image, Mask
from tests.ui.fakes import FakeEngine


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


class SmallSession(Session):
    """The editor's session on a graph of the kinds above; its engine computes nothing.

    Attributes:
        messages: the lines of the status bar so far.
    """

    engine: FakeEngine

    def __init__(self, graph: Graph | None = None, registry: Registry | None = None) -> None:
        super().__init__(FakeEngine, registry or small_registry())
        self.adopt(Document(self.registry, graph))
        self.messages: list[str] = []
        self.message.connect(self.messages.append)


def add(session: SmallSession, name: str, kind: str, x: float, y: float) -> None:
    """Put one more node on the canvas."""
    session.edit("add", lambda graph: graph.with_node(name, NodeInstance(kind, x=x, y=y)))


def steps(session: SmallSession) -> int:
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
