"""Small nodes, and graphs of them, to test the engine with."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np

from app.document.graph import Graph, NodeInstance, ParameterSetting, Port, Settings
from nodes.output.export_video import export_video
from nodes.sdk import Around, Carry, Context, File, NodeError, Slider, Text, node
from nodes.sdk.registry import Registry
from nodes.sdk.values import Image, Mask, Splats, Table

#: How often each kind of node ran in this process.
RUNS: Counter[str] = Counter()

Amount = Annotated[float, Slider(-1e6, 1e6)]


@node(title="Number", category="Test")
def number(*, value: Amount = 0.0) -> float:
    """Give a number that a parameter says."""
    RUNS["number"] += 1
    return value


@node(title="Add", category="Test")
def add(a: float, b: float | None = None, *, value: Amount = 0.0) -> float:
    """Add two numbers and a parameter."""
    RUNS["add"] += 1
    return a + (b or 0.0) + value


@node(title="Total", category="Test")
def total(items: list[float]) -> float:
    """Add up any number of wires."""
    RUNS["total"] += 1
    return float(sum(items))


@node(title="Frame number", category="Test", reads=("frame",))
def frame_number(*, context: Context) -> float:
    """Give the frame as a number."""
    RUNS["frame_number"] += 1
    return float(context.frame)


@node(title="Proxy number", category="Test", reads=("proxy", "fps"))
def proxy_number(*, context: Context) -> float:
    """Give the proxy scale times the frame rate."""
    return context.proxy * context.fps


@node(title="Liar", category="Test")
def liar(*, context: Context) -> float:
    """Read the frame without declaring it."""
    return float(context.frame)


@node(title="Patient", category="Test")
def patient(*, context: Context) -> Image:
    """Give a white picture, and while working on it a black one."""
    context.preview(Image(np.zeros((8, 8, 3), np.float32)))
    return Image(np.ones((8, 8, 3), np.float32))


@node(title="Window", category="Test")
def window(items: Annotated[list[float], Around(2, 2)]) -> Table:
    """Give the numbers of five frames."""
    RUNS["window"] += 1
    return Table(("value",), tuple((item,) for item in items))


@node(title="Accumulate", category="Test", sequential=True)
def accumulate(a: float, *, step: Amount = 0.0, previous: float | None = None) -> Carry[float]:
    """Add up a number over the frames."""
    RUNS["accumulate"] += 1
    level = (previous or 0.0) + a + step
    return Carry(level, level)


def _live(parameters: object) -> tuple[str, ...]:
    return (parameters["use"],)  # type: ignore[index]


@node(title="Switch", category="Test", needs=_live)
def switch_number(a: float | None = None, b: float | None = None, *, use: Literal["a", "b"] = "a") -> float:
    """Pass one of two numbers through."""
    chosen = a if use == "a" else b
    if chosen is None:
        raise NodeError(f"input '{use}' is not wired")
    return chosen


def _live_by_amount(parameters: object) -> tuple[str, ...]:
    return ("a",) if parameters["amount"] < 0.5 else ("b",)  # type: ignore[index]


@node(title="Moving switch", category="Test", needs=_live_by_amount)
def moving_switch(
    a: float | None = None, b: float | None = None, *, amount: Annotated[float, Slider(0, 1)] = 0.0
) -> float:
    """Pass one of two numbers through, by a slider that may be keyframed."""
    return (a if a is not None else b) or 0.0


@node(title="Fail", category="Test")
def fail(a: float | None = None, image: Image | None = None) -> float:
    """Fail as a node does that cannot do its job."""
    RUNS["fail"] += 1
    raise NodeError("the picture has no face", hint="Choose another picture")


@node(title="Break", category="Test")
def broken(a: float | None = None) -> float:
    """Fail as a node with a fault does."""
    raise KeyError("nonsense")


@node(title="Wrong type", category="Test")
def wrong_type() -> Image:
    """Return what was not declared."""
    return 3.0  # type: ignore[return-value]


@node(title="Picture", category="Test")
def picture(
    *,
    width: Annotated[int, Slider(1, 8192)] = 64,
    height: Annotated[int, Slider(1, 8192)] = 48,
    level: Annotated[float, Slider(0, 1)] = 0.5,
    linear: bool = False,
) -> Image:
    """Give a picture of one grey."""
    RUNS["picture"] += 1
    return Image(np.full((height, width, 3), level, np.float32), linear)


@node(title="Moving picture", category="Test", reads=("frame",))
def moving_picture(*, size: Annotated[int, Slider(1, 8192)] = 512, context: Context) -> Image:
    """Give a picture that differs from frame to frame."""
    return Image(np.full((size, size, 3), (context.frame % 100) / 100, np.float32))


@node(title="Slow picture", category="Test", reads=("frame",))
def slow_picture(*, context: Context) -> Image:
    """Give a picture that takes a while and differs from frame to frame."""
    time.sleep(0.05)
    return Image(np.full((64, 64, 3), (context.frame % 100) / 100, np.float32))


@node(title="Proxy picture", category="Test", reads=("proxy",))
def proxy_picture(*, context: Context) -> Image:
    """Give a picture that is smaller when a proxy will do."""
    return Image(np.zeros((400 // context.proxy, 640 // context.proxy, 3), np.float32))


@node(title="Brighten", category="Test")
def brighten(image: Image, *, amount: Annotated[float, Slider(0, 1)] = 0.1) -> Image:
    """Add an amount to every pixel."""
    RUNS["brighten"] += 1
    return Image(image.pixels + np.float32(amount), image.linear)


@node(title="Greedy", category="Test")
def greedy(a: float) -> float:
    """Find too little memory the first time."""
    RUNS["greedy"] += 1
    if RUNS["greedy"] == 1:
        raise MemoryError
    return a


@node(title="Vandal", category="Test")
def vandal(image: Image) -> Image:
    """Modify the input, which no node may."""
    image.pixels[:] = 0
    return image


class Parts(NamedTuple):
    """Two outputs."""

    image: Image
    mask: Mask


@node(title="Two outputs", category="Test")
def two_outputs(image: Image) -> Parts:
    """Give a picture and a mask of it."""
    RUNS["two_outputs"] += 1
    return Parts(image, Mask(image.pixels[..., 0]))


@node(title="Read file", category="Test")
def read_file(*, path: Annotated[str, File("Text")] = "") -> str:
    """Give the words in a file."""
    RUNS["read_file"] += 1
    return Path(path).read_text("utf-8")


@node(title="Slow", category="Test")
def slow(
    a: float | None = None, *, seconds: Annotated[float, Slider(0, 60)] = 30.0, context: Context
) -> float:
    """Take long, and listen to the wish to stop."""
    RUNS["slow"] += 1
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        context.progress(1 - left / max(seconds, 1e-9), "waiting")
        time.sleep(0.005)
    return 1.0


@node(title="Deaf", category="Test")
def deaf(a: float | None = None, *, seconds: Annotated[float, Slider(0, 60)] = 30.0) -> float:
    """Take long in native code that listens to nobody and holds the interpreter part of the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        hashlib.pbkdf2_hmac("sha256", b"facewright", b"salt", 1_000_000)
    return 1.0


@node(title="Killer", category="Test")
def killer(a: float | None = None) -> float:
    """End the process as a segmentation fault would."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0.0


@node(title="Remark", category="Test")
def remark(*, words: Annotated[str, Text()] = "nothing was found", context: Context) -> float:
    """Say something about the result, twice the same."""
    context.notice(words)
    context.notice(words)
    return 0.0


@node(title="Cloud", category="Test")
def cloud(*, right: Amount = 0.0) -> Splats:
    """Give a red ball of splats, 10 cm wide, at (right, 0, 0), and a stray one far away."""
    random = np.random.default_rng(2)
    places = random.normal(size=(400, 3))
    places *= 0.05 / np.linalg.norm(places, axis=1, keepdims=True)
    places[:, 0] += right
    places[0] = (50.0, 0.0, 0.0)
    turns = np.tile(np.float32([1, 0, 0, 0]), (400, 1))
    red = np.tile(np.float32([1.7, -1.7, -1.7]), (400, 1, 1))
    sizes = np.full((400, 3), 0.006, np.float32)
    return Splats(places.astype(np.float32), sizes, turns, np.full(400, 0.95, np.float32), red)


KINDS = (
    remark, patient,
    number, add, total, frame_number, proxy_number, liar, window, accumulate, switch_number, moving_switch,
    fail, broken, wrong_type, picture, moving_picture, slow_picture, proxy_picture, brighten, vandal,
    greedy, two_outputs, read_file, slow, deaf, killer, export_video, cloud,
)  # fmt: skip


def registry() -> Registry:
    """A registry of these nodes."""
    made = Registry()
    for kind in KINDS:
        made.add(kind.spec)  # type: ignore[attr-defined]
    return made


REGISTRY_PATH = "tests.engine.kit:registry"


def graph(
    nodes: dict[str, tuple[str, dict[str, ParameterSetting]] | str],
    wires: dict[str, dict[str, str | list[str]]] | None = None,
    **settings: float,
) -> Graph:
    """A graph: name -> kind, or (kind, parameters); target -> input -> "node" or "node.output"."""
    instances = {}
    for name, entry in nodes.items():
        kind, parameters = (entry, {}) if isinstance(entry, str) else entry
        instances[name] = NodeInstance(kind, parameters=parameters)
    made = {
        target: {
            socket: tuple(_port(each) for each in ([source] if isinstance(source, str) else source))
            for socket, source in inputs.items()
        }
        for target, inputs in (wires or {}).items()
    }
    return Graph(instances, made, settings=Settings(**settings))  # type: ignore[arg-type]


def _port(text: str) -> Port:
    name, _, output = text.partition(".")
    return Port(name, output or "out")


def chain(length: int) -> Graph:
    """A number and a row of nodes that each add one."""
    nodes: dict[str, tuple[str, dict[str, ParameterSetting]] | str] = {"n0": ("number", {"value": 1.0})}
    wires: dict[str, dict[str, str | list[str]]] = {}
    for index in range(1, length):
        nodes[f"n{index}"] = ("add", {"value": 1.0})
        wires[f"n{index}"] = {"a": f"n{index - 1}"}
    return graph(nodes, wires)
