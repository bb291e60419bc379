"""The parts of a file as one mesh with one texture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nodes.sdk.values import Image, Mesh
from nodes.sdk.values.arrays import FloatArray, IntArray

_PLAIN = np.array([0.78, 0.74, 0.71], np.float32)
_PATCH = 16
_WIDEST = 4096


@dataclass(frozen=True, eq=False)
class Piece:
    """A part with one material.

    Attributes:
        vertices: V x 3 float64. triangles: F x 3.
        uv: V x 2, or None. picture: H x W x 3, or None.
        colours: V x 3 in 0..1, or None. plain: the material's own colour, or None.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray | None
    picture: FloatArray | None
    colours: FloatArray | None
    plain: FloatArray | None


def mesh_of(pieces: Sequence[Piece], name: str = "") -> Mesh:
    """One mesh of all parts: equal positions welded, their textures side by side in one picture."""
    starts = np.cumsum([0, *(len(piece.vertices) for piece in pieces)])
    vertices = np.concatenate([piece.vertices for piece in pieces]).astype(np.float32)
    triangles = np.concatenate(
        [piece.triangles + start for piece, start in zip(pieces, starts, strict=False)]
    )
    colours = None
    if any(piece.colours is not None for piece in pieces) and all(piece.picture is None for piece in pieces):
        colours = np.concatenate([_own_colours(piece) for piece in pieces])
    uv = texture = None
    if any(piece.picture is not None for piece in pieces):
        uv, texture = _atlas(pieces)
    elif colours is None and len({_key(piece.plain) for piece in pieces}) > 1:
        colours = np.concatenate([_own_colours(piece) for piece in pieces])
    return without_slivers(*welded(vertices, triangles, colours), uv, texture)


def _key(plain: FloatArray | None) -> tuple[float, ...]:
    return () if plain is None else tuple(plain.tolist())


def _own_colours(piece: Piece) -> FloatArray:
    if piece.colours is not None:
        return piece.colours.astype(np.float32)
    plain = _PLAIN if piece.plain is None else piece.plain
    return np.broadcast_to(plain, piece.vertices.shape).astype(np.float32)


def welded(
    vertices: FloatArray, triangles: np.ndarray, colours: FloatArray | None
) -> tuple[FloatArray, IntArray, FloatArray | None]:
    """Vertices at exactly the same place (and of the same colour) become one."""
    key = vertices if colours is None else np.hstack([vertices, colours])
    # Adding 0 turns -0 into 0, which have different bytes.
    rows = np.ascontiguousarray(key.astype(np.float32) + np.float32(0.0))
    _, first, inverse = np.unique(
        rows.view(np.dtype((np.void, rows.shape[1] * 4))).ravel(), return_index=True, return_inverse=True
    )
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    kept = first[order]
    new = rank[inverse.ravel()][triangles].astype(np.int32)
    return vertices[kept], new, None if colours is None else colours[kept]


def without_slivers(
    vertices: FloatArray,
    triangles: IntArray,
    colours: FloatArray | None,
    uv: FloatArray | None,
    texture: Image | None,
) -> Mesh:
    """The mesh without triangles that fell together; at least one triangle stays."""
    a, b, c = triangles.T
    good = (a != b) & (b != c) & (c != a)
    if not good.any():
        good[:] = True
    return Mesh(vertices, triangles[good], None if uv is None else uv[good], texture, colours)


def _atlas(pieces: Sequence[Piece]) -> tuple[FloatArray, Image]:
    """UVs per corner, and one picture that holds every part's texture or colour."""
    tiles = [_tile(piece) for piece in pieces]
    shared: dict[int, int] = {}
    unique: list[FloatArray] = []
    for tile in tiles:
        if id(tile) not in shared:
            shared[id(tile)] = len(unique)
            unique.append(tile)
    if len(unique) == 1:
        corners = [_wrapped(piece) for piece in pieces]
        return np.concatenate(corners).astype(np.float32), Image(unique[0])
    width = min(max(tile.shape[1] for tile in unique), _WIDEST)
    unique = [tile if tile.shape[1] <= width else _narrowed(tile, width) for tile in unique]
    height = sum(tile.shape[0] for tile in unique)
    canvas = np.zeros((height, width, 3), np.float32)
    tops = np.cumsum([0, *(tile.shape[0] for tile in unique)])
    for tile, top in zip(unique, tops, strict=False):
        # The edge is carried on to the right, so that look-ups at the border find the tile's own colour.
        canvas[top : top + tile.shape[0]] = tile[:, np.minimum(np.arange(width), tile.shape[1] - 1)]
    corners = []
    for piece, tile in zip(pieces, tiles, strict=True):
        number = shared[id(tile)]
        shape = unique[number].shape
        local = _wrapped(piece)
        u = local[..., 0] * (shape[1] - 1) / width + 0.5 / width
        v_down = (1 - local[..., 1]) * (shape[0] - 1) + 0.5 + tops[number]
        corners.append(np.stack([u, 1 - v_down / height], axis=-1))
    return np.concatenate(corners).astype(np.float32), Image(canvas)


def _narrowed(tile: FloatArray, width: int) -> FloatArray:
    step = -(-tile.shape[1] // width)
    return np.ascontiguousarray(tile[::step, ::step])


def _tile(piece: Piece) -> FloatArray:
    if piece.picture is not None:
        return piece.picture
    plain = _PLAIN if piece.plain is None else piece.plain
    return np.broadcast_to(plain, (_PATCH, _PATCH, 3)).astype(np.float32)


def _wrapped(piece: Piece) -> FloatArray:
    """F x 3 x 2 texture coordinates in 0..1; whole triangles are moved by whole tiles."""
    if piece.uv is None or piece.picture is None:
        return np.full((len(piece.triangles), 3, 2), 0.5, np.float32)
    corners = piece.uv[piece.triangles]
    middle = corners.mean(axis=1, keepdims=True)
    outside = (corners.min(axis=1, keepdims=True) < -1e-4) | (corners.max(axis=1, keepdims=True) > 1 + 1e-4)
    moved = corners - np.where(outside, np.floor(middle), 0.0)
    return np.clip(moved, 0.0, 1.0).astype(np.float32)
