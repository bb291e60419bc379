"""The node declaration: a typed function is a node.

    @node(title="Expression edit", category="Edit", version=1)
    def edit_expression(head: HeadState, *, strength: Annotated[float, Slider(0, 2)] = 1.0) -> HeadState:
        '''Offset the ARKit coefficients of a fitted head. ...'''

Positional arguments are input sockets, keyword-only arguments are parameters, the return type is
the output (several outputs: a NamedTuple). A `context: Context` keyword is handed in by the engine.

* `X | None = None` is an optional input; `list[X]` takes any number of wires.
* `Annotated[list[X], Around(before, after)]` receives the frames t-before .. t+after of its wire.
* `**sliders: Unpack[SomeTypedDict]` declares a block of parameters shared by several nodes.
* A sequential node has a keyword `previous` (its state after the frame before, None at the first)
  and returns `Carry(result, state)`.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, Union, get_args, get_origin

from nodes.sdk.context import READABLE, Context
from nodes.sdk.errors import DeclarationError
from nodes.sdk.params import Choice, Colour, File, ParameterSpec, Slider, Text, Toggle, build_parameter

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")

#: Parameter values that are not pictures, heads and the like, but may still travel on a wire.
PLAIN_SOCKETS: dict[type, str] = {float: "Number", str: "Words"}

#: What a node may do to the people in a picture, and how an exported file tells of it.
EDITS: Mapping[str, str] = types.MappingProxyType(
    {
        "expression": "The expression, gaze or pose of a person was changed",
        "performance": "A person was moved by a recorded or invented performance",
        "speech": "A person was made to speak",
        "light": "The light on a person was changed",
        "shape": "The features of a person were changed",
        "skin": "The skin of a person was changed",
        "identity": "A person was given the face or head of another",
        "background": "What lies behind a person was filled in",
        "head": "A person was rendered as a 3D head",
        "detail": "Detail was restored or invented",
        "frames": "Pictures were invented between those of a clip",
        "synthesis": "A person or thing was generated",
    }
)


@dataclass(frozen=True)
class Around:
    """Ask for the frames t-before .. t+after of an input instead of frame t alone."""

    before: int
    after: int


class Carry(NamedTuple, Generic[R]):
    """What a sequential node returns: its outputs, and the state for the next frame."""

    result: R
    state: Any


@dataclass(frozen=True)
class SocketSpec:
    """An input or an output.

    Attributes:
        name: the argument's name; for outputs the field's name, or "out" when there is only one.
        type_name: the value's socket name, such as "Image".
        optional: an input that may stay unwired.
        many: an input that takes any number of wires.
        around: the window of frames an input asks for, or None.
    """

    name: str
    type_name: str
    optional: bool = False
    many: bool = False
    around: Around | None = None


@dataclass(frozen=True)
class NodeSpec:
    """Everything the program knows about a kind of node.

    Attributes:
        id: the function's and the file's name.
        version: raised when the meaning of a parameter changes; old graphs are migrated.
        category: the heading in the palette.
        help: the docstring.
        reads: what of the run's context its result depends on.
        sequential: evaluated in frame order, carrying a state.
        writer: "" or the kind of file that rendering this node writes: "video", "image", ...
        models: names of the model cards it uses.
        note: an honest label shown on the node, such as "classical" or "research licence".
        migrate: turns parameters stored by an older version into today's: (version, params).
        function: the node's function.
        takes_context: whether the function has a `context` argument.
        needs: which inputs matter under given parameters, for nodes that switch: called with all
            parameters by name, it returns input names. The others are neither computed nor part of
            the key, and arrive as None.
        any_size: whether a smaller picture gives the same result, only smaller; may depend on the
            parameters. Other nodes are never handed the smaller pictures of a quick look.
        edits: "" or what it does to people, a word of EDITS; exported files tell of it.
    """

    id: str
    title: str
    category: str
    version: int
    help: str
    inputs: tuple[SocketSpec, ...]
    parameters: tuple[ParameterSpec, ...]
    outputs: tuple[SocketSpec, ...]
    function: Callable[..., Any] = field(repr=False, compare=False)
    reads: frozenset[str] = frozenset()
    sequential: bool = False
    writer: str = ""
    models: tuple[str, ...] = ()
    note: str = ""
    migrate: Callable[[int, dict[str, Any]], dict[str, Any]] | None = field(
        default=None, repr=False, compare=False
    )
    takes_context: bool = False
    needs: Callable[[Mapping[str, Any]], Collection[str]] | None = field(
        default=None, repr=False, compare=False
    )
    any_size: bool | Callable[[Mapping[str, Any]], bool] = field(default=False, repr=False, compare=False)
    edits: str = ""

    def input(self, name: str) -> SocketSpec | None:
        return next((socket for socket in self.inputs if socket.name == name), None)

    def output(self, name: str) -> SocketSpec | None:
        return next((socket for socket in self.outputs if socket.name == name), None)

    def parameter(self, name: str) -> ParameterSpec | None:
        return next((spec for spec in self.parameters if spec.name == name), None)


def node(
    *,
    title: str,
    category: str,
    version: int = 1,
    reads: tuple[str, ...] = (),
    sequential: bool = False,
    writer: str = "",
    models: tuple[str, ...] = (),
    note: str = "",
    migrate: Callable[[int, dict[str, Any]], dict[str, Any]] | None = None,
    needs: Callable[[Mapping[str, Any]], Collection[str]] | None = None,
    any_size: bool | Callable[[Mapping[str, Any]], bool] = False,
    edits: str = "",
) -> Callable[[F], F]:
    """Declare a function as a node; the function itself stays callable as written.

    Raises:
        DeclarationError: when the signature does not meet the contract; it names the argument.
    """

    def declare(function: F) -> F:
        try:
            spec = _read_signature(function)
        except DeclarationError as error:
            raise error.at(f"node {function.__name__}") from None
        unknown = set(reads) - READABLE
        if unknown:
            raise DeclarationError(f"reads {sorted(unknown)} is not known", where=function.__name__)
        if edits and edits not in EDITS:
            raise DeclarationError(f"edits '{edits}' is none of {', '.join(EDITS)}", where=function.__name__)
        carries = "previous" in inspect.signature(function).parameters
        if carries != sequential:
            raise DeclarationError(
                "a sequential node, and no other, has a 'previous' argument",
                where=function.__name__,
            )
        function.spec = NodeSpec(  # type: ignore[attr-defined]
            id=function.__name__,
            title=title,
            category=category,
            version=version,
            function=function,
            reads=frozenset(reads),
            sequential=sequential,
            writer=writer,
            models=models,
            note=note,
            migrate=migrate,
            needs=needs,
            any_size=any_size,
            edits=edits,
            **spec,
        )
        return function

    return declare


def socket_type_name(annotation: Any) -> str | None:
    """The socket name of a value type, or None when it cannot travel on a wire."""
    if annotation in PLAIN_SOCKETS:
        return PLAIN_SOCKETS[annotation]
    return getattr(annotation, "socket_name", None)


def _read_signature(function: Callable[..., Any]) -> dict[str, Any]:
    help_text = inspect.getdoc(function) or ""
    if len(help_text) < 20:
        raise DeclarationError("has no docstring; it is the node's help page")
    hints = typing.get_type_hints(function, include_extras=True)
    inputs: list[SocketSpec] = []
    parameters: list[ParameterSpec] = []
    takes_context = False
    for name, argument in inspect.signature(function).parameters.items():
        annotation = hints.get(name)
        if annotation is None:
            raise DeclarationError(f"argument '{name}' has no type")
        if name == "previous":
            continue
        if annotation is Context:
            takes_context = True
        elif argument.kind is argument.VAR_KEYWORD:
            parameters += _read_block(name, annotation)
        elif argument.kind is argument.KEYWORD_ONLY:
            if argument.default is argument.empty:
                raise DeclarationError(f"parameter '{name}' has no default")
            base, control = _split_annotation(annotation)
            parameters.append(build_parameter(name, base, control, argument.default))
        elif argument.kind is argument.VAR_POSITIONAL:
            raise DeclarationError(f"'*{name}' is not allowed; use list[X]")
        else:
            inputs.append(_read_input(name, annotation, argument.default))
    names = [socket.name for socket in inputs] + [parameter.name for parameter in parameters]
    if len(set(names)) != len(names):
        raise DeclarationError("two inputs or parameters share a name")
    return {
        "help": help_text,
        "inputs": tuple(inputs),
        "parameters": tuple(parameters),
        "outputs": _read_outputs(hints.get("return")),
        "takes_context": takes_context,
    }


def _split_annotation(annotation: Any) -> tuple[Any, Any]:
    if get_origin(annotation) is Annotated:
        base, *extras = get_args(annotation)
        kinds = (Slider, File, Colour, Text, Choice, Toggle)
        return base, next((extra for extra in extras if isinstance(extra, kinds)), None)
    return annotation, None


def _read_block(name: str, annotation: Any) -> list[ParameterSpec]:
    """The parameters of `**name: Unpack[TypedDict]`; each defaults to the nearest value to 0."""
    (block,) = get_args(annotation) or (None,)
    if block is None or not typing.is_typeddict(block):
        raise DeclarationError(f"'**{name}' must be Unpack of a TypedDict")
    specs = []
    for key, entry in typing.get_type_hints(block, include_extras=True).items():
        base, control = _split_annotation(entry)
        if not isinstance(control, Slider):
            raise DeclarationError(f"'{key}' of '**{name}' has no Slider")
        default = min(max(0.0, control.low), control.high)
        specs.append(build_parameter(key, base, control, base(default)))
    return specs


def _read_input(name: str, annotation: Any, default: Any) -> SocketSpec:
    around = None
    if get_origin(annotation) is Annotated:
        annotation, *extras = get_args(annotation)
        around = next((extra for extra in extras if isinstance(extra, Around)), None)
    optional = False
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        if len(parts) != 1 or default is not None:
            raise DeclarationError(f"optional input '{name}' must be `X | None = None`")
        annotation, optional = parts[0], True
    many = get_origin(annotation) is list
    if many:
        (annotation,) = get_args(annotation)
    if around is not None and not many:
        raise DeclarationError(f"input '{name}' asks for a window, so its type must be list[X]")
    type_name = socket_type_name(annotation)
    if type_name is None:
        raise DeclarationError(f"input '{name}' is of no value type: {annotation!r}")
    if not optional and default is not inspect.Parameter.empty:
        raise DeclarationError(f"input '{name}' has a default; make it a keyword parameter")
    return SocketSpec(name, type_name, optional, many and around is None, around)


def _read_outputs(annotation: Any) -> tuple[SocketSpec, ...]:
    if get_origin(annotation) is Carry:
        (annotation,) = get_args(annotation)
    if annotation is None or annotation is type(None):
        raise DeclarationError("has no return type")
    if isinstance(annotation, type) and hasattr(annotation, "_fields"):
        outputs = []
        for name, kind in typing.get_type_hints(annotation).items():
            type_name = socket_type_name(kind)
            if type_name is None:
                raise DeclarationError(f"output '{name}' is of no value type: {kind!r}")
            outputs.append(SocketSpec(name, type_name))
        return tuple(outputs)
    type_name = socket_type_name(annotation)
    if type_name is None:
        raise DeclarationError(f"output is of no value type: {annotation!r}")
    return (SocketSpec("out", type_name),)
