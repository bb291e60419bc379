"""Rendering a head outside a graph."""

from __future__ import annotations

from typing import Any

from nodes.head.render_head import render_head
from nodes.sdk.context import Context, RunSettings
from nodes.sdk.values import HeadState, Image


def rendered(head: HeadState, *wires: Any, proxy: int = 1, **parameters: Any) -> Image:
    """What 'Render head' gives at full size, or for a quick look at a fraction of it."""
    context = Context(settings=RunSettings(proxy=proxy))
    return render_head(head, *wires, **parameters, context=context)
