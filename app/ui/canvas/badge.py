"""What the engine says of a node, as the badge in its header and as words."""

from __future__ import annotations

import html
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from app.document.graph import NodeInstance
from app.engine.protocol import NodeState
from app.ui.canvas.geometry import HEADER
from app.ui.canvas.paints import Paints
from nodes.sdk.node import NodeSpec

STATE_WORDS = {
    "computing": "being computed",
    "fresh": "computed now",
    "cached": "kept in memory",
    "disk": "read from the disk cache",
    "failed": "failed",
    "blocked": "waits for a node that failed",
    "stale": "not computed yet",
}


@dataclass(frozen=True)
class Badge:
    """A node's state, ready to be painted."""

    state: str = ""
    fraction: float = 0.0
    time: str = ""
    notice: bool = False

    @property
    def failed(self) -> bool:
        return self.state == "failed"

    @property
    def blocked(self) -> bool:
        return self.state == "blocked"


def badge_of(state: NodeState | None) -> Badge:
    """The badge for a state; without one nothing is shown."""
    if state is None:
        return Badge()
    shows_time = state.state in ("fresh", "cached", "disk") and state.seconds > 0
    return Badge(
        state.state, state.fraction, time_words(state.seconds) if shows_time else "", bool(state.notice)
    )


def time_words(seconds: float) -> str:
    """A duration in few letters."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min"


def size_words(count: int) -> str:
    """A number of bytes in few letters."""
    if count < 1024:
        return f"{count} B"
    if count < 1024**2:
        return f"{count / 1024:.0f} KB"
    return f"{count / 1024**2:.1f} MB" if count < 1024**3 else f"{count / 1024**3:.1f} GB"


def paint_badge(painter: QPainter, kit: Paints, badge: Badge, width: float, *, detailed: bool) -> None:
    """Paint a badge into a node's header: a mark at the right, the time under it, progress below."""
    if not badge.state:
        return
    centre = QPointF(width - 13, 12)
    painter.setPen(Qt.PenStyle.NoPen)
    if badge.state == "computing":
        painter.setBrush(kit.progress_back)
        painter.drawRect(QRectF(1, HEADER - 3, width - 2, 3))
        painter.setBrush(kit.progress)
        painter.drawRect(QRectF(1, HEADER - 3, (width - 2) * max(badge.fraction, 0.03), 3))
        painter.drawEllipse(centre, 4, 4)
    elif badge.failed:
        painter.setBrush(kit.error)
        painter.drawEllipse(centre, 8, 8)
        painter.setPen(kit.white)
        painter.drawLine(centre + QPointF(0, -4), centre + QPointF(0, 1))
        painter.drawPoint(centre + QPointF(0, 4))
    elif badge.blocked:
        painter.setBrush(kit.grey)
        painter.drawEllipse(centre, 7, 7)
        painter.setPen(kit.white)
        painter.drawLine(centre + QPointF(-3, 0), centre + QPointF(3, 0))
    elif badge.notice:
        painter.setBrush(kit.notice)
        painter.drawPolygon([centre + QPointF(0, -7), centre + QPointF(7, 6), centre + QPointF(-7, 6)])
        painter.setPen(kit.white)
        painter.drawLine(centre + QPointF(0, -2), centre + QPointF(0, 2))
        painter.drawPoint(centre + QPointF(0, 4))
    elif badge.state == "fresh":
        painter.setBrush(kit.good)
        painter.drawEllipse(centre, 4, 4)
    elif badge.state in ("cached", "disk"):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(kit.cached)
        if badge.state == "cached":
            painter.drawEllipse(centre, 3.5, 3.5)
        else:
            painter.drawRect(QRectF(centre.x() - 3.5, centre.y() - 3.5, 7, 7))
    else:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(kit.dim)
        painter.drawEllipse(centre, 3.5, 3.5)
    if badge.time and detailed:
        painter.setPen(kit.dim)
        painter.setFont(kit.small_font)
        painter.drawText(
            QRectF(width - 60, 20, 52, 14),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop,
            badge.time,
        )


def tooltip_of(name: str, instance: NodeInstance, spec: NodeSpec | None, state: NodeState | None) -> str:
    """A node's tooltip as rich text."""
    lines = [f"<b>{html.escape(spec.title if spec else instance.kind)}</b> &nbsp; {html.escape(name)}"]
    if spec is None:
        lines.append(
            f"The kind '{html.escape(instance.kind)}' is not installed. "
            "The node is kept as it is, but cannot be computed."
        )
    else:
        lines.append(html.escape(spec.help.strip().split("\n\n")[0].replace("\n", " ")))
        if spec.note:
            lines.append(f"<i>{html.escape(spec.note)}</i>")
    if instance.disabled:
        lines.append("Disabled: passes its input through.")
    if state is not None:
        lines += _state_lines(state)
    return "<div style='max-width: 360px'>" + "<br>".join(lines) + "</div>"


def _state_lines(state: NodeState) -> list[str]:
    words = STATE_WORDS[state.state]
    if state.state == "computing":
        words += f", {state.fraction:.0%}" + (f": {html.escape(state.doing)}" if state.doing else "")
    costs = [time_words(state.seconds)] if state.seconds else []
    costs += [size_words(state.bytes)] if state.bytes else []
    lines = [words[:1].upper() + words[1:] + (f" ({', '.join(costs)})" if costs else "")]
    if state.error is not None:
        lines[0] = f"<b>{html.escape(state.error.what)}</b>"
        lines += [html.escape(state.error.hint)] if state.error.hint else []
        lines += [html.escape(line) for line in state.error.inputs]
    if state.notice:
        lines.insert(0, f"<b>{html.escape(state.notice[:1].upper() + state.notice[1:])}</b>")
    if state.state == "blocked" and state.blocked_by:
        lines[0] = f"Waits for '{html.escape(state.blocked_by)}', which failed"
    return lines
