"""What a node's parameters look like: sliders, choices, files, colours, text.

A parameter is a keyword-only argument with an annotated type:

    strength: Annotated[float, Slider(0, 2)] = 1.0
    frames:   Annotated[int, Slider(1, 120, unit="frames")] = 12
    codec:    Literal["h264", "prores"] = "h264"
    path:     Annotated[str, File("Picture", ("png", "jpg"))] = ""
    tint:     Annotated[tuple[float, float, float], Colour()] = (1.0, 1.0, 1.0)
    invert:   bool = False
    title:    Annotated[str, Text()] = ""
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from nodes.sdk.errors import DeclarationError, NodeError

ParameterValue: TypeAlias = bool | int | float | str | tuple[float, float, float]


@dataclass(frozen=True)
class Slider:
    """A bounded number; annotate float or int.

    Attributes:
        low, high: the range of the slider and of any value the node receives.
        unit: shown behind the number, such as "degrees" or "px".
        group: the heading it stands under in the panel.
        label: shown instead of the parameter's name.
        hard: when False, typed values may leave the range and the slider widens.
    """

    low: float
    high: float
    unit: str = ""
    group: str = ""
    label: str = ""
    hard: bool = True


@dataclass(frozen=True)
class File:
    """A path, kept relative to the graph file where possible.

    Attributes:
        kind: what the file holds, as a person says it: "Picture".
        extensions: without dots; empty allows any.
        mode: "open" reads an existing file, "save" writes one, "folder" reads a folder.
    """

    kind: str
    extensions: tuple[str, ...] = ()
    mode: Literal["open", "save", "folder"] = "open"
    group: str = ""
    label: str = ""


@dataclass(frozen=True)
class Colour:
    """An sRGB colour, three floats in 0..1."""

    group: str = ""
    label: str = ""


@dataclass(frozen=True)
class Text:
    """Words; `multiline` gives them a box instead of a line."""

    multiline: bool = False
    group: str = ""
    label: str = ""


@dataclass(frozen=True)
class Choice:
    """Group and label for a Literal: `Annotated[Literal["a", "b"], Choice(group="Look")]`."""

    group: str = ""
    label: str = ""


@dataclass(frozen=True)
class Toggle:
    """Group and label for a bool."""

    group: str = ""
    label: str = ""


Control: TypeAlias = Slider | File | Colour | Text | Choice | Toggle


@dataclass(frozen=True)
class ParameterSpec:
    """A parameter as declared.

    Attributes:
        name: the argument's name; what the file and the command line use.
        kind: "float", "int", "bool", "choice", "file", "colour" or "text".
        default: the value when the graph says nothing.
        control: how it is shown and bounded.
        choices: the allowed values of a choice.
    """

    name: str
    kind: Literal["float", "int", "bool", "choice", "file", "colour", "text"]
    default: ParameterValue
    control: Control
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.control.label or _spaced(self.name)

    @property
    def group(self) -> str:
        return self.control.group

    @property
    def keyframable(self) -> bool:
        return self.kind in ("float", "int")

    def coerce(self, value: Any) -> ParameterValue:
        """The value as this parameter's type, clamped to a hard range.

        Raises:
            NodeError: when the value is of another type, not finite, or no allowed choice.
        """
        try:
            return _COERCE[self.kind](self, value)
        except (TypeError, ValueError, OverflowError) as error:
            raise NodeError(
                f"parameter '{self.name}' cannot be {value!r}", hint=self.expectation()
            ) from error

    def parse(self, text: str) -> ParameterValue:
        """The value written as text on a command line.

        Raises:
            NodeError: when the text does not say such a value.
        """
        if self.kind == "bool":
            lowered = text.strip().lower()
            if lowered in ("1", "true", "yes", "on"):
                return True
            if lowered in ("0", "false", "no", "off"):
                return False
            raise NodeError(f"parameter '{self.name}' cannot be {text!r}", hint="Say true or false")
        if self.kind == "colour":
            return self.coerce([part for part in text.replace(",", " ").split() if part])
        return self.coerce(text)

    def expectation(self) -> str:
        """One sentence that says which values are allowed."""
        if self.kind in ("float", "int") and isinstance(self.control, Slider):
            noun = "a whole number" if self.kind == "int" else "a number"
            unit = f" {self.control.unit}" if self.control.unit else ""
            return f"It takes {noun} from {self.control.low:g} to {self.control.high:g}{unit}"
        if self.kind == "choice":
            return f"It takes one of {', '.join(self.choices)}"
        if self.kind == "colour":
            return "It takes three numbers from 0 to 1"
        return f"It takes {'true or false' if self.kind == 'bool' else 'text'}"


def _spaced(name: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).replace("_", " ").split()
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _number(spec: ParameterSpec, value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError("a bool is not a number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not finite")
    if isinstance(spec.control, Slider) and spec.control.hard:
        number = float(min(max(number, spec.control.low), spec.control.high))
    return number


def _coerce_float(spec: ParameterSpec, value: Any) -> ParameterValue:
    return _number(spec, value)


def _coerce_int(spec: ParameterSpec, value: Any) -> ParameterValue:
    return round(_number(spec, value))


def _coerce_bool(spec: ParameterSpec, value: Any) -> ParameterValue:
    if not isinstance(value, bool | int) or value not in (0, 1):
        raise TypeError("not a bool")
    return bool(value)


def _coerce_choice(spec: ParameterSpec, value: Any) -> ParameterValue:
    if value not in spec.choices:
        raise ValueError("not a choice")
    return str(value)


def _coerce_text(spec: ParameterSpec, value: Any) -> ParameterValue:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError("not text")
    return value


def _coerce_colour(spec: ParameterSpec, value: Any) -> ParameterValue:
    red, green, blue = (min(max(float(part), 0.0), 1.0) for part in value)
    if not all(math.isfinite(part) for part in (red, green, blue)):
        raise ValueError("not finite")
    return (red, green, blue)


_COERCE = {
    "float": _coerce_float,
    "int": _coerce_int,
    "bool": _coerce_bool,
    "choice": _coerce_choice,
    "file": _coerce_text,
    "text": _coerce_text,
    "colour": _coerce_colour,
}


def build_parameter(name: str, base: Any, control: Control | None, default: Any) -> ParameterSpec:
    """The declared parameter, checked.

    Args:
        name: the argument's name.
        base: the annotation without Annotated: float, int, bool, str, a Literal or a tuple.
        control: the annotated control, or None.
        default: the argument's default.

    Raises:
        DeclarationError: when type, control and default do not fit each other.
    """
    from typing import get_args, get_origin

    choices: tuple[str, ...] = ()
    if get_origin(base) is Literal:
        choices = tuple(str(choice) for choice in get_args(base))
        kind, control = "choice", control or Choice()
    elif base is bool:
        kind, control = "bool", control or Toggle()
    elif base in (float, int):
        kind = "float" if base is float else "int"
        if not isinstance(control, Slider):
            raise DeclarationError(f"number '{name}' has no Slider with its range")
        if not control.low < control.high:
            raise DeclarationError(f"slider '{name}' has low {control.low} >= high {control.high}")
    elif base is str and isinstance(control, File):
        kind = "file"
    elif base is str:
        kind, control = "text", control or Text()
    elif isinstance(control, Colour):
        kind = "colour"
    else:
        raise DeclarationError(f"parameter '{name}' has a type that no control can show: {base!r}")
    spec = ParameterSpec(name, kind, default, control, choices)  # type: ignore[arg-type]
    if isinstance(control, Slider) and not control.low <= float(default) <= control.high:
        raise DeclarationError(f"default {default!r} of '{name}' lies outside its slider")
    try:
        spec.coerce(default)
    except NodeError as error:
        raise DeclarationError(f"default of '{name}' does not fit: {error}") from error
    return spec
