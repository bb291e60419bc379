"""Runs a fit with progress and a live picture, and keeps it when it stops so that it can go on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nodes.camera._placing import shrunk
from nodes.gaussians.fitting import FitSettings, SplatFit
from nodes.gaussians.render import render
from nodes.gaussians.shots import Photo
from nodes.gaussians.views import View, head_views, read_views
from nodes.sdk import Context, NodeError
from nodes.sdk.values import HeadState, Image, Mask, Splats
from nodes.splats import _checkpoints

#: Seconds between two times that a running fit is kept on disk.
_KEEP_EVERY = 60.0
#: Longest side of the live picture, pixels.
_LIVE = 320


def views_of_file(path: str, turn: np.ndarray | None, leave_out: int, context: Context) -> list[View]:
    """The views of a camera file, without every n-th when `leave_out` is above 1.

    Raises:
        NodeError: when fewer than two views are left.
    """
    found = read_views(path, axes=turn, progress=lambda share, doing: context.progress(0.05 * share, doing))
    if leave_out > 1:
        found = [view for number, view in enumerate(found) if number % leave_out]
    if len(found) < 2:
        raise NodeError("at least two views are needed", hint="Lower 'Leave out', or add pictures")
    return found


def views_of_heads(heads: Sequence[HeadState], mattes: Sequence[Mask]) -> list[View]:
    """The views of fitted photographs, each seen from the head, which is taken to be still.

    Raises:
        NodeError: when there are too few, a picture is missing, or a matte is of another size.
    """
    if mattes and len(mattes) != len(heads):
        raise NodeError(
            f"there are {len(heads)} heads and {len(mattes)} mattes", hint="Wire one for every head, or none"
        )
    photos = []
    for number, head in enumerate(heads):
        if head.picture is None:
            raise NodeError(f"head {number + 1} has no picture", hint="Wire fits of photographs")
        matte = mattes[number].alpha if mattes else None
        if matte is not None and matte.shape != head.picture.pixels.shape[:2]:
            raise NodeError(
                f"matte {number + 1} has another size than its photograph",
                hint="Make it of the picture that the head was fitted to",
            )
        photos.append(Photo(head, None, matte))
    if len(photos) < 2:
        raise NodeError("at least two views are needed", hint="Wire more heads, from other sides")
    return head_views(photos)


def fitted(
    views: Sequence[View],
    settings: FitSettings,
    start: Splats | None,
    kept: Path,
    context: Context,
    device: str = "cpu",
) -> Splats:
    """The splats after all steps.

    Args:
        kept: where the fit is stored when it stops, and looked for.
        device: "cpu" or "cuda"; the processor fits where gsplat or a CUDA device is missing.

    Raises:
        Cancelled: when the run was; the fit is kept and goes on next time.
    """
    context.progress(0.05, "carving outlines")
    fit = _begun(views, settings, start, context, device)
    if _checkpoints.resume(kept, fit) and fit.done:
        context.progress(0.1, f"going on from step {fit.done}")
    steps, stored = settings.steps, time.monotonic()

    def each(now: SplatFit) -> None:
        nonlocal stored
        if time.monotonic() - stored > _KEEP_EVERY:
            _checkpoints.store(kept, now)
            stored = time.monotonic()
        if context.wants_preview:
            context.preview(live_picture(now.splats, views[0], device))
        count = len(now.splats.positions) if now.done % 100 == 0 else 0
        words = f"step {now.done} of {steps}, loss {now.loss:.4f}" + (f", {count:,} splats" if count else "")
        context.progress(0.1 + 0.9 * now.done / steps, words)

    try:
        fit.advance(steps, each)
    except BaseException:
        _checkpoints.store(kept, fit)
        raise
    _checkpoints.forget(kept)
    return fit.splats


def _begun(
    views: Sequence[View], settings: FitSettings, start: Splats | None, context: Context, device: str
) -> SplatFit:
    """A fit that has taken no step, on the device that is asked for when it can be."""
    if device.startswith("cuda"):
        from nodes.gaussians.cuda import cuda_ready

        if cuda_ready():
            from nodes.gaussians.cuda_fitting import CudaFit

            return CudaFit(views, settings, start)
        context.notice("Fitted on the processor: there is no CUDA device, or gsplat is not installed")
    return SplatFit(views, settings, start)


def live_picture(splats: Splats, view: View, device: str = "cpu") -> Image:
    """Splats as the camera of a view sees them, small."""
    camera = view.camera
    factor = max(-(-max(camera.width, camera.height) // _LIVE), 1)
    drawn = render(splats, shrunk(replace(camera), factor), device=device)
    alpha = np.clip(drawn.alpha, 0, 1)[..., None]
    colour = np.where(alpha > 1e-4, drawn.colour / np.maximum(alpha, 1e-4), 0)
    return Image(np.concatenate([np.clip(colour, 0, 1), alpha], axis=2).astype(np.float32))


def state_of(what: str | Sequence[View]) -> object:
    """What tells a file or views from others: path and time of change; cameras and a digest of pixels."""
    if isinstance(what, str):
        path = Path(what).expanduser()
        return what, path.stat().st_mtime_ns if path.is_file() else 0
    return [
        (
            view.camera.focal,
            view.camera.world_to_camera.tolist(),
            float(view.image.pixels.sum(dtype=np.float64)),
        )
        for view in what
    ]
