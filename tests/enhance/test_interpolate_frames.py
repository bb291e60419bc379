"""Pictures between pictures."""

import subprocess
import sys

import numpy as np
import pytest

from nodes.enhance._between import between, likeness
from nodes.enhance.interpolate_frames import interpolate_frames
from nodes.sdk.context import Context
from nodes.sdk.errors import ModelProblem, NodeError
from nodes.sdk.values import Image
from tests.samples import model

SIDE = 64


def scene(shift: float) -> np.ndarray:
    """A soft pattern that slides to the right."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    x = x - shift
    waves = [0.5 + 0.25 * np.sin(x / 5 + k) + 0.25 * np.cos(y / 6 + x / 9) for k in range(3)]
    return np.stack(waves, axis=2).astype(np.float32)


def sliding(distance: float):
    """A stand-in for the network that knows how far the scene slid; it halves with each half."""

    def half_way(first, second):
        steps = np.linspace(0, distance, 9)
        apart = min(steps, key=lambda step: np.abs(np.roll(first, round(step), 1) - second)[:, 20:-20].mean())
        flow = np.zeros((SIDE, SIDE, 4), np.float32)
        flow[..., 0], flow[..., 2] = -apart / 2, apart / 2
        return flow, np.full((SIDE, SIDE), 0.5, np.float32)

    return half_way


@pytest.mark.parametrize("share", [0.125, 0.25, 0.5, 0.75, 0.875])
def test_a_moment_lies_where_even_motion_puts_it(share):
    made = between(scene(0), scene(8), share, sliding(8.0))
    inner = np.s_[:, 16:-16]
    assert np.abs(made - scene(8 * share))[inner].mean() < 0.01
    ghost = scene(0) * (1 - share) + scene(8) * share
    assert np.abs(ghost - scene(8 * share))[inner].mean() > 0.02


@pytest.mark.parametrize(("share", "which"), [(0.0, 0), (1.0, 1)])
def test_the_ends_are_the_pictures_themselves(share, which):
    ends = (scene(0), scene(8))
    assert between(*ends, share, sliding(8.0)) is ends[which]


def test_large_pictures_are_moved_by_motion_found_in_small_ones():
    sizes = []

    def half_way(first, second):
        sizes.append(first.shape)
        flow = np.zeros((*first.shape[:2], 4), np.float32)
        flow[..., 1], flow[..., 3] = -4 * first.shape[0] / 2160, 4 * first.shape[0] / 2160
        return flow, np.full(first.shape[:2], 0.5, np.float32)

    rows = np.linspace(0, 1, 2160, dtype=np.float32)[:, None, None]
    first = np.broadcast_to(rows, (2160, 3840, 3)).copy()
    second = np.roll(first, 8, axis=0)
    made = between(first, second, 0.5, half_way)
    assert np.prod(sizes[0][:2]) <= 1920 * 1088
    assert np.abs(made - np.roll(first, 4, axis=0))[20:-20].max() < 1e-3


def test_a_cut_is_told_from_a_movement():
    other = np.random.default_rng(0).random((SIDE, SIDE, 3)).astype(np.float32)
    assert likeness(scene(0), scene(0)) > 0.999
    assert likeness(scene(0), scene(2)) > 0.5
    assert likeness(scene(0), other) < 0.1


def window(frames: dict[int, Image], frame: int) -> list[Image]:
    return [frames[min(max(n, 0), max(frames))] for n in range(frame - 7, frame + 9)]


def clip(count: int, size: int = SIDE) -> dict[int, Image]:
    """A clip shown twice as fast as it was taken: each picture stands for two frames."""
    held = {n: Image(scene(4.0 * n)[:size, :size].copy()) for n in range((count + 1) // 2)}
    return {frame: held[frame // 2] for frame in range(count)}


def test_the_clips_own_pictures_stay_as_they_are():
    frames = clip(8)
    for frame in (0, 2, 6):
        made = interpolate_frames(window(frames, frame), times=2, context=Context(frame=frame))
        assert made is frames[frame]


def test_behind_the_end_nothing_is_made():
    frames = clip(8)
    assert interpolate_frames(window(frames, 7), times=2, context=Context(frame=7)) is frames[7]


def test_over_a_cut_the_nearer_picture_is_shown():
    frames = clip(8)
    frames[4] = Image(np.random.default_rng(0).random((SIDE, SIDE, 3)).astype(np.float32))
    context = Context(frame=3)
    assert interpolate_frames(window(frames, 3), times=2, context=context) is frames[4]
    assert "cut" in context.notices[0]
    early = Context(frame=1)
    frames[8] = Image(np.random.default_rng(1).random((SIDE, SIDE, 3)).astype(np.float32))
    assert interpolate_frames(window(frames, 1), times=8, context=early) is frames[0]


def test_a_clip_at_another_rate_is_told():
    frames = {n: Image(scene(4.0 * n)) for n in range(8)}
    frames[4] = Image(np.random.default_rng(0).random((SIDE, SIDE, 3)).astype(np.float32))
    context = Context(frame=3)
    interpolate_frames(window(frames, 3), times=2, context=context)
    assert any("should be 2 times the clip's" in notice for notice in context.notices)
    frames[3] = Image(frames[2].pixels.copy())
    held = Context(frame=3)
    interpolate_frames(window(frames, 3), times=2, context=held)
    assert not any("repeats" in notice for notice in held.notices)


def test_pictures_that_do_not_fit_are_refused_in_a_line():
    frames = clip(8)
    frames[4] = Image(np.zeros((20, 30, 3), np.float32))
    with pytest.raises(NodeError, match="neighbouring pictures differ: 64 x 64 and 30 x 20"):
        interpolate_frames(window(frames, 3), times=2, context=Context(frame=3))
    with pytest.raises(NodeError, match="too small"):
        interpolate_frames(window(clip(8, 8), 3), times=2, context=Context(frame=3))


def test_other_tensors_are_no_frame_interpolator(tmp_path):
    import torch

    from nodes.enhance._rife import load_network

    path = tmp_path / "weights.pkl"
    torch.save({"module.block0.conv0.0.0.weight": torch.zeros(3)}, path)
    with pytest.raises(ModelProblem, match="does not hold the frame interpolator"):
        load_network(path, "cpu")


def test_declaring_the_node_imports_nothing_heavy():
    code = (
        "import sys, nodes.enhance.interpolate_frames, nodes.enhance.restore;"
        "assert not {'torch', 'cv2', 'onnxruntime', 'scipy'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.models
def test_the_network_finds_motion_and_leaves_no_ghost():
    model("frame_interpolator")
    from skimage import data

    portrait = (data.astronaut()[:256, 100:356] / 255).astype(np.float32)
    frames = {n: Image(np.roll(portrait, 6 * (n // 2), axis=1)) for n in range(8)}
    made = interpolate_frames(window(frames, 3), times=2, context=Context(frame=3)).pixels
    truth = np.roll(portrait, 9, axis=1)
    blend = (frames[2].pixels + frames[4].pixels) / 2
    inner = np.s_[20:-20, 40:-40]
    assert np.abs(made - truth)[inner].mean() < 0.3 * np.abs(blend - truth)[inner].mean()


@pytest.mark.models
def test_transparency_moves_along():
    model("frame_interpolator")
    frames = {}
    for n in range(8):
        alpha = np.zeros((SIDE, SIDE), np.float32)
        alpha[20:44, 10 + 4 * (n // 2) : 30 + 4 * (n // 2)] = 1
        frames[n] = Image(np.dstack([alpha * 0.8 + 0.1] * 3 + [alpha]))
    made = interpolate_frames(window(frames, 3), times=2, context=Context(frame=3)).pixels
    columns = np.nonzero(made[32, :, 3] > 0.5)[0]
    assert abs(columns.mean() - 25.5) < 1.5


def test_behind_load_video_the_rhythm_is_that_of_the_clip(tmp_path):
    """At three times the clip's rate each picture stands for three frames."""
    from app.document.graph import Graph, NodeInstance, Port, Settings
    from app.engine.evaluate import Evaluator
    from app.export.stream import export_range
    from nodes.sdk.registry import default_registry

    export_range(
        lambda n: Image(np.full((32, 32, 3), 0.1 + 0.1 * n, np.float32)), tmp_path / "a.mp4", 0, 5, fps=10
    )
    graph = Graph(settings=Settings(fps=30, first=0, last=17))
    graph = graph.with_node("clip", NodeInstance("load_video", parameters={"path": str(tmp_path / "a.mp4")}))
    graph = graph.with_node("more", NodeInstance("interpolate_frames", parameters={"times": 3, "cut": 1.0}))
    graph = graph.with_link(Port("clip", "out"), "more", "images")
    evaluator = Evaluator(default_registry(), device="cpu")

    def grey(node: str, frame: int) -> float:
        return float(evaluator.value(graph, node, frame=frame).pixels.mean())

    for frame in range(12):
        assert abs(grey("clip", frame) - (0.1 + 0.1 * (frame // 3))) < 0.03
        # With every difference taken for a cut, the nearer of the clip's own pictures is shown.
        assert abs(grey("more", frame) - (0.1 + 0.1 * round(frame / 3))) < 0.03
