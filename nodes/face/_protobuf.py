"""A reader and writer of the protocol-buffer wire format, just enough for ONNX and geometry files.

Source: the public description of the encoding (protobuf.dev/programming-guides/encoding).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """One field of a message.

    Attributes:
        number: the field's number in its message.
        wire: VARINT, FIXED64, BYTES or FIXED32.
        value: the number of a VARINT, or the raw bytes.
    """

    number: int
    wire: int
    value: int | bytes


def fields(message: bytes) -> Iterator[Field]:
    """The fields of a message in the order they are written.

    Raises:
        ValueError: when the bytes are no message (cut short, or of an unknown wire type).
    """
    position, end = 0, len(message)
    while position < end:
        key, position = _read_varint(message, position)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, position = _read_varint(message, position)
            yield Field(number, wire, value)
            continue
        if wire == BYTES:
            length, position = _read_varint(message, position)
        elif wire in (FIXED64, FIXED32):
            length = 8 if wire == FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire} is unknown")
        if position + length > end:
            raise ValueError("the message is cut short")
        yield Field(number, wire, message[position : position + length])
        position += length


def submessage(message: bytes, *path: int) -> bytes:
    """The bytes of a nested message, following field numbers; the first of each number.

    Raises:
        ValueError: when there is no such field.
    """
    for number in path:
        found = next((f.value for f in fields(message) if f.number == number and f.wire == BYTES), None)
        if not isinstance(found, bytes):
            raise ValueError(f"the message has no field {number}")
        message = found
    return message


def write(parts: list[Field]) -> bytes:
    """A message made of fields."""
    out = bytearray()
    for number, wire, value in parts:
        out += _varint(number << 3 | wire)
        if isinstance(value, int):
            out += _varint(value)
        else:
            if wire == BYTES:
                out += _varint(len(value))
            out += value
    return bytes(out)


def _read_varint(message: bytes, position: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        if position >= len(message) or shift > 63:
            raise ValueError("the message is cut short")
        byte = message[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        if not value:
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)
