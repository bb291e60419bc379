"""Calls one node: hands it its inputs, checks what it returns, and explains what goes wrong."""

from __future__ import annotations

import dataclasses
import time
import traceback
from collections.abc import Mapping
from typing import Any

import numpy as np

from app.engine.cache import Result
from app.engine.failure import NodeFailure
from app.engine.summary import kind_of, summarise
from nodes.sdk.context import Context
from nodes.sdk.errors import Cancelled, FacewrightError
from nodes.sdk.node import Carry, NodeSpec, SocketSpec
from nodes.sdk.sockets import with_article


def invoke(
    name: str,
    spec: NodeSpec,
    inputs: Mapping[str, Any],
    parameters: Mapping[str, Any],
    context: Context,
    *,
    previous: Any = None,
    checked: bool = False,
) -> Result:
    """Evaluate a node once.

    Args:
        name: the node's name in the graph.
        inputs: a value (or list of values, or None) for every input of the declaration.
        parameters: a value for every parameter.
        previous: the state a sequential node carries.
        checked: make the result's arrays read-only, so that a node that modifies inputs is caught.

    Raises:
        NodeFailure: whatever the node raised, but
        Cancelled: goes through.
    """
    arguments = [inputs[socket.name] for socket in spec.inputs]
    keywords = dict(parameters)
    if spec.takes_context:
        keywords["context"] = context
    if spec.sequential:
        keywords["previous"] = previous
    started = time.perf_counter()
    try:
        returned = spec.function(*arguments, **keywords)
    except Cancelled:
        raise
    except FacewrightError as error:
        where = f"{error.where}: " if error.where and error.where != name else ""
        raise NodeFailure(
            name, f"{where}{error.what}", hint=error.hint, inputs=summaries(spec, inputs)
        ) from error
    except Exception as error:
        raise _explained(name, spec, inputs, error, checked) from error
    seconds = time.perf_counter() - started
    state = None
    if spec.sequential:
        if not isinstance(returned, Carry):
            raise NodeFailure(name, f"the node returned {_shown(returned)} instead of a Carry", hint=_FAULT)
        returned, state = returned
    result = Result(_outputs(name, spec, returned), state, seconds, notices=context.notices)
    if checked:
        freeze((result.outputs, result.state))
    return result


def summaries(spec: NodeSpec, inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """One line per input: "image: Image 512 x 512 RGB, sRGB"."""
    return tuple(f"{socket.name}: {summarise(inputs.get(socket.name))}" for socket in spec.inputs)


def freeze(value: Any) -> None:
    """Make every numpy array of a value read-only."""
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
    elif isinstance(value, tuple | list):
        for item in value:
            freeze(item)
    elif isinstance(value, dict):
        for item in value.values():
            freeze(item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            freeze(getattr(value, field.name))


_FAULT = "This is a fault of the node, not of your graph; the log has the details"


def _outputs(name: str, spec: NodeSpec, returned: Any) -> tuple[Any, ...]:
    if len(spec.outputs) == 1 and not (isinstance(returned, tuple) and hasattr(returned, "_fields")):
        values: tuple[Any, ...] = (returned,)
    elif isinstance(returned, tuple) and len(returned) == len(spec.outputs):
        values = tuple(returned)
    else:
        wanted = ", ".join(socket.name for socket in spec.outputs)
        raise NodeFailure(
            name, f"the node returned {_shown(returned)} instead of its outputs {wanted}", hint=_FAULT
        )
    return tuple(_checked(name, socket, value) for socket, value in zip(spec.outputs, values, strict=True))


def _checked(name: str, socket: SocketSpec, value: Any) -> Any:
    if kind_of(value) == socket.type_name:
        return value
    if socket.type_name == "Number" and isinstance(value, np.floating | np.integer):
        return float(value)
    raise NodeFailure(
        name,
        f"the output '{socket.name}' should be {with_article(socket.type_name)}, "
        f"but the node returned {_shown(value)}",
        hint=_FAULT,
    )


def _shown(value: Any) -> str:
    return "nothing" if value is None else with_article(kind_of(value))


def _explained(
    name: str, spec: NodeSpec, inputs: Mapping[str, Any], error: Exception, checked: bool
) -> NodeFailure:
    seen = summaries(spec, inputs)
    starved = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    if isinstance(error, MemoryError):
        what, hint = "there is not enough memory", "Use a smaller picture, or close other programs"
    elif type(error).__name__ == "OutOfMemoryError":
        what = "the graphics card has not enough memory"
        hint = "Use a smaller picture, or compute on the processor"
    elif checked and isinstance(error, ValueError) and "read-only" in str(error):
        what, hint = "the node modifies its inputs", _FAULT
    else:
        said = str(error).strip().splitlines()
        reason = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
        what, hint = f"the node failed with {reason}", _FAULT
    details = "".join(traceback.format_exception(error))
    return NodeFailure(name, what, hint=hint, inputs=seen, details=details, starved=starved)
