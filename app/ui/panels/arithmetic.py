"""What may be typed into a number field: `12`, `-3.5`, `+1`, `*2`, `(3+4)/2`. Knows no Qt."""

from __future__ import annotations

import math
import re

MAX_LETTERS = 200
_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([-+*/()]))")


def typed_number(text: str, current: float) -> float:
    """The number that some typed text means.

    A text that begins with `+`, `*` or `/` changes the current number; one that begins with `-`
    is a negative number, and `-=` takes away. Otherwise it is a sum of its own.

    Raises:
        ValueError: when it is no number.
    """
    text = text.strip().replace(",", ".").replace("−", "-")
    if len(text) > MAX_LETTERS:
        raise ValueError("that is too long for a number")
    relative = ""
    if text[1:2] == "=" and text[0] in "+-*/":
        relative, text = text[0], text[2:]
    elif text[:1] in ("+", "*", "/"):
        relative, text = text[0], text[1:]
    amount = _Reader(text).read()
    if relative == "/" and amount == 0:
        raise ValueError("nothing can be divided by zero")
    changed = {
        "": amount,
        "+": current + amount,
        "-": current - amount,
        "*": current * amount,
        "/": current / (amount or 1.0),
    }[relative]
    if not math.isfinite(changed):
        raise ValueError("that number is too large")
    return changed


class _Reader:
    """A reader by recursive descent: sums of products of signed numbers and brackets."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        position = 0
        text = text.rstrip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                raise ValueError(f"'{text}' is no number")
            self._tokens.append(found[1] or found[2])
            position = found.end()

    def read(self) -> float:
        number = self._sum()
        if self._tokens:
            raise ValueError(f"there is something left over: '{self._tokens[0]}'")
        return number

    def _sum(self) -> float:
        total = self._product()
        while self._tokens and self._tokens[0] in "+-":
            sign = self._tokens.pop(0)
            term = self._product()
            total = total + term if sign == "+" else total - term
        return total

    def _product(self) -> float:
        total = self._signed()
        while self._tokens and self._tokens[0] in "*/":
            sign = self._tokens.pop(0)
            factor = self._signed()
            if sign == "/" and factor == 0:
                raise ValueError("nothing can be divided by zero")
            total = total * factor if sign == "*" else total / factor
        return total

    def _signed(self) -> float:
        if not self._tokens:
            raise ValueError("a number is missing")
        token = self._tokens.pop(0)
        if token in "+-":
            return self._signed() * (-1.0 if token == "-" else 1.0)
        if token == "(":
            number = self._sum()
            if not self._tokens or self._tokens.pop(0) != ")":
                raise ValueError("a bracket is not closed")
            return number
        if token in ")*/":
            raise ValueError("a number is missing")
        return float(token)
