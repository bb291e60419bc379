"""The whole program: the demo from the command line, its fit, and memory over a long render."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from nodes.sdk.models import search_path
from tests.bench.table import Row

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "resources" / "graphs" / "first_face.graph"
LONG = 1000
#: Frames of a clip, each of which is another photo to fit and to edit.
CLIP = 300
MEGABYTE = 2**20


def rows() -> list[Row]:
    """Every figure of this file."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        return [_demo(folder), _fit(folder), _memory(folder), _clip_memory(folder)]


def _demo(folder: Path) -> Row:
    video = folder / "demo.mp4"
    started = time.monotonic()
    _run("render", str(DEMO), "-o", str(video), environment=_nothing_remembered(folder))
    seconds = time.monotonic() - started
    return Row(
        "demo video, 150 frames at 512 px, process start included",
        seconds,
        "s",
        60.0,
        "lower",
        f"encoding the same frames alone {_encoding_alone(video):.1f} s",
        "nothing remembered from earlier runs",
    )


def _encoding_alone(video: Path) -> float:
    """Seconds to encode the frames of a video again, at the default quality: the floor of an export."""
    import av

    with av.open(str(video)) as source:
        frames = [frame.to_ndarray(format="rgb24") for frame in source.decode(video=0)]
    started = time.monotonic()
    with av.open(str(video.with_suffix(".again.mp4")), "w") as target:
        stream = target.add_stream("h264", rate=30, options={"crf": "18"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            target.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        target.mux(stream.encode())
    return time.monotonic() - started


def _fit(folder: Path) -> Row:
    """Landmarks found in the picture against the fitted head's, both read from files that `eval` writes.

    Projected here by the formula of the Camera value, not by the code that fitted.
    """
    _run("eval", str(DEMO), "faces.out", "-o", str(folder / "faces.json"))
    _run("eval", str(DEMO), "head.out", "-o", str(folder / "head.npz"))
    from nodes.head._shape import world_vertices
    from nodes.media.stored import stored_value

    seen = np.array(json.loads((folder / "faces.json").read_text("utf-8"))["faces"][0]["landmarks"])[:468, :2]
    head = stored_value(folder / "head.npz")
    surface = world_vertices(head)
    corners = surface[head.model.landmark_triangles]
    points = (corners * head.model.landmark_weights[..., None]).sum(axis=1)
    camera = head.camera
    placed = points @ camera.world_to_camera[:3, :3].T + camera.world_to_camera[:3, 3]
    x = camera.centre_x + camera.focal * placed[:, 0] / -placed[:, 2]
    y = camera.centre_y - camera.focal * placed[:, 1] / -placed[:, 2]
    eyes = np.linalg.norm(seen[[33, 133]].mean(axis=0) - seen[[263, 362]].mean(axis=0))
    error = np.hypot(x - seen[:, 0], y - seen[:, 1]).mean() / eyes
    return Row(
        "fit_head on the astronaut: mean reprojection of 468 landmarks",
        100 * float(error),
        "% of eye distance",
        2.5,
        "lower",
        f"the fit's own figure {100 * head.error:.2f} %",
    )


@dataclass
class _Memory:
    """Resident bytes of a process and its children, once after frame 100, at the end, and the most."""

    early: int = 0
    last: int = 0
    most: int = 0


def _memory(folder: Path) -> Row:
    memory = _rendered(DEMO, folder / "long.mp4", LONG)
    return Row(
        f"rendering the demo graph over {LONG} frames: resident memory above that at frame 100, at most",
        (memory.most - memory.early) / MEGABYTE,
        "MB",
        50.0,
        "lower",
        f"at frame 100 {memory.early / MEGABYTE:.0f} MB, at the end {memory.last / MEGABYTE:.0f} MB; "
        f"all frames as floats would be {LONG * 512 * 512 * 3 * 4 / MEGABYTE:.0f} MB",
        "the real command, every node of the demo",
    )


def _clip_memory(folder: Path) -> Row:
    """A clip goes through the graph: read, tracked, one expression edit for all of it, rendered, written."""
    chain = {
        "clip": ("load_video", {"path": str(folder / "long.mp4")}),
        "faces": ("track_faces", {}),
        "head": ("track_head", {}),
        "smile": ("edit_expression", {"mouthSmileLeft": -0.4, "mouthSmileRight": -0.4}),
        "render": ("render_head", {}),
        "movie": ("export_video", {}),
    }
    wires = [
        ("clip.out", "faces.image"),
        ("faces.out", "head.faces"),
        ("clip.out", "head.image"),
        ("head.out", "smile.head"),
        ("smile.out", "render.head"),
        ("render.out", "movie.image"),
    ]
    graph = {
        "format": "facewright.graph",
        "version": 1,
        "settings": {"fps": 30, "first": 0, "last": CLIP - 1},
        "nodes": {name: {"kind": kind, "parameters": values} for name, (kind, values) in chain.items()},
        "wires": [list(wire) for wire in wires],
    }
    path = folder / "clip.graph"
    path.write_text(json.dumps(graph), "utf-8")
    memory = _rendered(path, folder / "edited.mp4", CLIP)
    return Row(
        f"one expression edit over a clip of {CLIP} frames: resident memory above that at frame 100, at most",
        (memory.most - memory.early) / MEGABYTE,
        "MB",
        50.0,
        "lower",
        f"at frame 100 {memory.early / MEGABYTE:.0f} MB, at the end {memory.last / MEGABYTE:.0f} MB",
        "the real command: read, track faces and head, edit, render, write",
    )


def _rendered(graph: Path, video: Path, count: int) -> _Memory:
    """Memory while a graph is rendered by the real command."""
    memory = _Memory()
    command = [_program(), "render", str(graph), "-o", str(video), "--frames", f"0-{count - 1}"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    watch = threading.Thread(target=_watch, args=(process, memory, video), daemon=True)
    watch.start()
    _, errors = process.communicate(timeout=550)
    watch.join()
    if process.returncode != 0:
        raise RuntimeError(errors.strip().splitlines()[-1])
    if not memory.early:
        raise RuntimeError("the export's second part was never seen")
    return memory


def _watch(process: subprocess.Popen[str], memory: _Memory, video: Path) -> None:
    """Sample memory; frame 100 has passed when the second part, that of frame 120, was begun."""
    while process.poll() is None:
        try:
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            resident = sum(member.memory_info().rss for member in family)
        except psutil.NoSuchProcess:
            break
        if memory.early and resident:
            memory.last, memory.most = resident, max(memory.most, resident)
        elif any(video.parent.glob(f"{video.name}.parts/00000120.*")):
            memory.early = memory.last = memory.most = resident
        time.sleep(0.05)


def _program() -> str:
    return str(Path(sys.executable).with_name("facewright"))


def _nothing_remembered(folder: Path) -> dict[str, str]:
    """An environment with the models that are here, but none of the results kept from earlier runs."""
    models = os.pathsep.join(str(path) for path in search_path())
    return {**os.environ, "FACEWRIGHT_MODELS": models, "FACEWRIGHT_DATA": str(folder / "data")}


def _run(*arguments: str, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [_program(), *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
