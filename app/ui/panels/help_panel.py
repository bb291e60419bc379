"""The help page of the selected node: its docstring, its sockets, its parameters."""

from __future__ import annotations

import html
import re
from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

from app.document.graph import Graph
from app.document.wiring import known_spec
from app.ui.theme import Theme, current_theme
from nodes.sdk.node import NodeSpec, SocketSpec
from nodes.sdk.params import File, ParameterSpec, Slider
from nodes.sdk.sockets import style_of, with_article

MARKS = {"circle": "●", "square": "■", "diamond": "◆", "triangle": "▶", "hexagon": "⬢"}
EMPTY = "<p>Select a node to read what it does.</p>"


class HelpPanel(QWidget):
    """Follows the session's selection."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.browser = QTextBrowser(self)
        self.browser.setOpenExternalLinks(True)
        self.browser.document().setIndentWidth(14)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.browser)
        self._kind: str | None = None
        session.selection_changed.connect(lambda _names: self.refresh())
        session.graph_changed.connect(lambda _before, _after: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show the page of the node selected last."""
        graph: Graph = self.session.graph
        names = [name for name in self.session.selection if name in graph.nodes]
        kind = graph.nodes[names[-1]].kind if names else ""
        if kind != self._kind:
            self._kind = kind
            spec = known_spec(graph.nodes[names[-1]], self.session.registry) if names else None
            if spec is not None:
                self.browser.setHtml(page(spec, current_theme()))
            else:
                self.browser.setHtml(f"<p>There is no node '{html.escape(kind)}'.</p>" if kind else EMPTY)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._kind = None
            self.refresh()


def page(spec: NodeSpec, theme: Theme) -> str:
    """A node's help page as HTML."""
    dim = theme.colours["text_dim"]
    parts = [f"<h2>{html.escape(spec.title)}</h2>"]
    facts = [spec.category, f"<code>{spec.id}</code>", f"version {spec.version}"]
    parts.append(f"<p style='color: {dim}'>{' · '.join(facts)}</p>")
    if spec.note:
        parts.append(f"<p style='color: {theme.colours['warning']}'>{html.escape(spec.note)}</p>")
    parts.append(_prose(spec.help))
    for title, sockets in (("Inputs", spec.inputs), ("Outputs", spec.outputs)):
        if sockets:
            parts.append(f"<h3>{title}</h3>")
            parts.append("<table cellspacing='4'>" + "".join(_socket(s, theme) for s in sockets) + "</table>")
    if spec.parameters:
        parts.append("<h3>Parameters</h3><table cellspacing='4'>")
        group = ""
        for parameter in spec.parameters:
            if parameter.group != group:
                group = parameter.group
                parts.append(
                    f"<tr><td colspan='2' style='color: {dim}'><b>{html.escape(group)}</b></td></tr>"
                )
            words = html.escape(_range(parameter))
            parts.append(
                f"<tr><td>{html.escape(parameter.label)}</td><td style='color: {dim}'>{words}</td></tr>"
            )
        parts.append("</table>")
    return "".join(parts)


def _socket(socket: SocketSpec, theme: Theme) -> str:
    style = style_of(socket.type_name)
    words = with_article(socket.type_name)
    if socket.many:
        words = f"any number of {socket.type_name}"
    if socket.around is not None:
        words = f"{socket.type_name} of {socket.around.before} frames before to {socket.around.after} after"
    if socket.optional:
        words += ", optional"
    mark = f"<span style='color: {style.colour}'>{MARKS[style.shape]}</span>"
    dim = theme.colours["text_dim"]
    return (
        f"<tr><td>{mark} {html.escape(socket.name)}</td>"
        f"<td style='color: {dim}'>{html.escape(words)}</td></tr>"
    )


def _prose(text: str) -> str:
    """A docstring as paragraphs and lists."""
    parts = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        bullets = [line for line in lines if re.match(r"\s*[-*] ", line)]
        if bullets and re.match(r"\s*[-*] ", lines[0]):
            items: list[str] = []
            for line in lines:
                if re.match(r"\s*[-*] ", line):
                    items.append(line.strip()[2:])
                else:
                    items[-1] += " " + line.strip()
            lines = [f"<li>{_inline(item)}</li>" for item in items]
            parts.append(f"<ul style='margin-left: 0'>{''.join(lines)}</ul>")
        else:
            parts.append(f"<p>{_inline(' '.join(line.strip() for line in lines))}</p>")
    return "".join(parts)


def _inline(text: str) -> str:
    marked = re.sub(r"`+([^`]+)`+", r"<code>\1</code>", html.escape(text))
    marked = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", marked)
    return re.sub(r"(?<![\w*])\*(?! )([^*]+?)\*(?![\w*])", r"<i>\1</i>", marked)


def _range(parameter: ParameterSpec) -> str:
    control = parameter.control
    if isinstance(control, Slider):
        return f"{control.low:g} to {control.high:g} {control.unit}".rstrip()
    if parameter.kind == "choice":
        return ", ".join(parameter.choices)
    if isinstance(control, File):
        kinds = ", ".join(control.extensions)
        return f"{control.kind} ({kinds})" if kinds else control.kind
    return {"bool": "on or off", "colour": "colour", "text": "text"}.get(parameter.kind, "")
