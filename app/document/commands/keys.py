"""Keys of several curves at once, as a curve editor moves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from app.document.commands.parameters import set_key, set_parameter
from app.document.curve import Curve, Interpolation
from app.document.graph import Graph, GraphError, ParameterSetting
from app.document.wiring import known_spec
from nodes.sdk.errors import FacewrightError
from nodes.sdk.params import ParameterSpec, Slider
from nodes.sdk.registry import Registry


@dataclass(frozen=True, order=True)
class Track:
    """An animated parameter of a node."""

    node: str
    parameter: str


@dataclass(frozen=True, order=True)
class KeyPlace:
    """A key by its track and frame."""

    track: Track
    frame: float


def tracks_of(graph: Graph, names: Iterable[str]) -> dict[Track, Curve]:
    """The curves of some nodes, in the order they were made."""
    return {
        Track(name, parameter): setting
        for name in names
        if name in graph.nodes
        for parameter, setting in graph.nodes[name].parameters.items()
        if isinstance(setting, Curve)
    }


def shift_keys(
    graph: Graph, registry: Registry, places: Iterable[KeyPlace], frames: float, amount: float
) -> tuple[Graph, frozenset[KeyPlace]]:
    """Move keys by whole frames and an amount; a key that lands on another replaces it.

    Values stay in the hard range of their slider. At frame 0 all stop together, so that none lands on
    another.

    Returns:
        The graph, and where the moved keys are now.

    Raises:
        GraphError: when a parameter has no keys.
    """
    by_track = _by_track(places)
    earliest = min((frame for chosen in by_track.values() for frame in chosen), default=0.0)
    step = max(float(round(frames)), -max(earliest, 0.0))
    now: set[KeyPlace] = set()
    for track, chosen in by_track.items():
        curve, spec = _curve(graph, track), _spec(graph, registry, track)
        carried = [
            replace(key, frame=key.frame + step, value=_bounded(spec, key.value + amount))
            for key in curve.keys
            if key.frame in chosen
        ]
        taken = {key.frame: key for key in curve.keys if key.frame not in chosen}
        taken.update({key.frame: key for key in carried})
        after = Curve(tuple(taken[frame] for frame in sorted(taken)))
        graph = graph.with_parameter(track.node, track.parameter, after)
        now |= {KeyPlace(track, key.frame) for key in carried}
    return graph, frozenset(now)


def delete_keys(graph: Graph, registry: Registry, places: Iterable[KeyPlace]) -> Graph:
    """Remove keys; a curve that loses all of them leaves the value of its first."""
    for track, chosen in _by_track(places).items():
        curve = _curve(graph, track)
        rest = tuple(key for key in curve.keys if key.frame not in chosen)
        setting: ParameterSetting = Curve(rest) if rest else curve.keys[0].value
        if rest or _spec(graph, registry, track) is None:
            graph = graph.with_parameter(track.node, track.parameter, setting)
        else:
            graph = set_parameter(graph, registry, track.node, track.parameter, setting)
    return graph


def shape_keys(graph: Graph, places: Iterable[KeyPlace], interpolation: Interpolation) -> Graph:
    """Say how curves leave some keys."""
    for track, chosen in _by_track(places).items():
        keys = tuple(
            replace(key, interpolation=interpolation) if key.frame in chosen else key
            for key in _curve(graph, track).keys
        )
        graph = graph.with_parameter(track.node, track.parameter, Curve(keys))
    return graph


def add_key(graph: Graph, registry: Registry, track: Track, frame: float, value: float) -> Graph:
    """Add a key to a curve, at a whole frame; it leaves as the curve did there."""
    _curve(graph, track)
    return set_key(graph, registry, track.node, track.parameter, float(round(frame)), value)


def key_bounds(curves: Mapping[Track, Curve]) -> tuple[float, float, float, float] | None:
    """First and last frame, lowest and highest value of all keys; None without any."""
    keys = [key for curve in curves.values() for key in curve.keys]
    if not keys:
        return None
    frames, values = [key.frame for key in keys], [key.value for key in keys]
    return min(frames), max(frames), min(values), max(values)


def _by_track(places: Iterable[KeyPlace]) -> dict[Track, set[float]]:
    found: dict[Track, set[float]] = {}
    for place in places:
        found.setdefault(place.track, set()).add(place.frame)
    return found


def _curve(graph: Graph, track: Track) -> Curve:
    instance = graph.nodes.get(track.node)
    setting = instance.parameters.get(track.parameter) if instance else None
    if not isinstance(setting, Curve):
        raise GraphError(f"'{track.node}.{track.parameter}' has no keys")
    return setting


def _spec(graph: Graph, registry: Registry, track: Track) -> ParameterSpec | None:
    spec = known_spec(graph.nodes[track.node], registry)
    return spec.parameter(track.parameter) if spec else None


def _bounded(spec: ParameterSpec | None, value: float) -> float:
    """A value in the slider's hard range."""
    if spec is None or not isinstance(spec.control, Slider):
        return value
    try:
        bounded = spec.coerce(value)
    except FacewrightError:
        return value
    return float(bounded) if isinstance(bounded, int | float) else value
