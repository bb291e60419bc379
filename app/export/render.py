"""One door to every kind of export: a video, a numbered sequence, or one picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.export.pictures import PICTURE_EXTENSIONS, check_picture_path, write_picture
from app.export.progress import ExportProgress, OnProgress
from app.export.sequence import export_sequence, is_pattern
from app.export.settings import VIDEO_EXTENSIONS, VideoSettings, extension_of
from app.export.stream import ExportReport, FrameSource, export_range
from app.export.values import write_value
from nodes.sdk import NodeError
from nodes.sdk.values import Audio

#: Names of files that hold a head, a mesh or splats instead of pictures.
_SHAPES = ("glb", "obj", "ply", "spz", "sog", "splat", "ksplat")


def export(
    frame_at: FrameSource,
    target: Path,
    first: int,
    last: int,
    *,
    parameters: Mapping[str, Any] | None = None,
    fps: float = 25.0,
    key: str = "",
    audio: Audio | None = None,
    carried: str = "",
    finish: Callable[[Path], None] = lambda draft: None,
    on_progress: OnProgress = lambda progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> ExportReport:
    """Write the frames first..last (both included) in the way the target's name asks for.

    A video's name makes a video; `face.####.png` or `face.%04d.png` a sequence; any other picture's
    name one picture, of the first frame; a shape's name (glb, obj, ply, spz, ...) the head, mesh or
    splats of the first frame.

    Args:
        frame_at: computes the picture at a frame; called in this thread, in order.
        target: the file or pattern.
        parameters: those of an `export_video` or `export_image` node. A codec that does not fit the
            name gives way to the usual one for the name; so a command line's own file name is enough.
        fps, key, audio, carried, finish, on_progress, is_cancelled: see `export_range`.

    Raises:
        Cancelled: when is_cancelled said so.
        NodeError: when no name is given, or the name or the pictures do not fit.
        FileProblem: when the file cannot be written.
    """
    if not target.name:
        raise NodeError("no file is chosen to export to", hint="Set 'Path' to a file name")
    chosen = dict(parameters or {})
    listeners: dict[str, Any] = {"on_progress": on_progress, "is_cancelled": is_cancelled}
    if extension_of(target) in VIDEO_EXTENSIONS:
        settings = fitting_settings(target, chosen)
        return export_range(
            frame_at,
            target,
            first,
            last,
            settings=settings,
            fps=fps,
            key=key,
            audio=audio,
            carried=carried,
            finish=finish,
            **listeners,
        )
    if extension_of(target) in _SHAPES:
        write_value(frame_at(first), target)
        on_progress(ExportProgress(1, 1, 0.0))
        return ExportReport(target, 1, 0)
    if chosen and "depth" not in chosen and extension_of(target) not in PICTURE_EXTENSIONS:
        raise NodeError(
            f"neither a video nor a picture can be written to '{target.name}'",
            hint=f"Let the name end in {', '.join('.' + known for known in VIDEO_EXTENSIONS)} or .png",
        )
    depth = 16 if chosen.get("depth") == "16 bit" else 8
    quality = int(chosen["quality"]) if "depth" in chosen else 95
    check_picture_path(target, depth)
    if is_pattern(target):
        return export_sequence(
            frame_at,
            target,
            first,
            last,
            depth=depth,
            quality=quality,
            key=key,
            carried=carried,
            finish=finish,
            **listeners,
        )
    write_picture(frame_at(first), target, depth=depth, quality=quality, carried=carried, finish=finish)
    on_progress(ExportProgress(1, 1, 0.0))
    return ExportReport(target, 1, 0)


def fitting_settings(target: Path, parameters: Mapping[str, Any]) -> VideoSettings:
    """A node's settings, with the usual codec of the file name when the node's does not go into it."""
    usual = VideoSettings.for_path(target)
    if "codec" not in parameters:
        return usual
    asked = VideoSettings.from_parameters(parameters)
    if extension_of(target) in asked.kind().extensions:
        return asked
    return replace(asked, codec=usual.codec)
