"""The binary container of glTF 2.0."""

from __future__ import annotations

import json
import struct
from typing import Any


def pack_glb(document: dict[str, Any], body: bytes) -> bytes:
    """A .glb file from its JSON document and its one buffer.

    Args:
        document: the glTF document, its buffer, views and accessors included.
        body: the buffer; a multiple of 4 bytes.

    Source: glTF 2.0 specification, "GLB File Format Specification".
    """
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(body)
    return b"".join(
        [
            struct.pack("<4sII", b"glTF", 2, total),
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(body), b"BIN\0"),
            body,
        ]
    )
