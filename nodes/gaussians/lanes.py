"""Sixteen numbers at once in compiled code.

The optimiser does not keep a small array in registers over a loop. `Lanes` is a vector as a value: its
sums, products and choices are single instructions (or a few, on processors with narrower vectors),
and local variables of it stay in registers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

#: How many numbers `Lanes` holds.
WIDTH = 16

_FLOAT, _WHOLE, _BIT = ir.FloatType(), ir.IntType(32), ir.IntType(1)
_FLOATS, _WHOLES = ir.VectorType(_FLOAT, WIDTH), ir.VectorType(_WHOLE, WIDTH)
#: The optimiser may fuse products with sums and reorder them; infinities keep their meaning.
_FREE = ("contract", "reassoc", "nsz", "arcp")


class LanesType(types.Type):
    """The type of sixteen float32 in compiled code."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


_LANES = LanesType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: types.Type) -> None:
        super().__init__(manager, kind, _FLOATS)


def _made(result: types.Type, arguments: tuple[types.Type, ...], emit: Callable[..., Any]) -> Any:
    """What Numba asks of an intrinsic, from a function of the builder and the values."""

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return emit(builder, *values)

    return result(*arguments), lower


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _everywhere(builder: Any, value: Any) -> Any:
    first = builder.insert_element(ir.Constant(_FLOATS, ir.Undefined), value, ir.Constant(_WHOLE, 0))
    return builder.shuffle_vector(first, ir.Constant(_FLOATS, ir.Undefined), _constant(_WHOLES, 0))


def _constant(kind: ir.VectorType, value: float) -> ir.Constant:
    return ir.Constant(kind, [value] * WIDTH)


@intrinsic
def read(typing, array, index):  # type: ignore[no-untyped-def]
    """Sixteen consecutive numbers of a flat float32 array, from `index` on."""

    def lower(context, builder, signature, values):  # type: ignore[no-untyped-def]
        place = _address(context, builder, signature.args[0], *values)
        return builder.load(builder.bitcast(place, _FLOATS.as_pointer()), align=4)

    return _LANES(array, types.intp), lower


@intrinsic
def read_all(typing, array, index):  # type: ignore[no-untyped-def]
    """One number of a flat float32 array in all lanes."""

    def lower(context, builder, signature, values):  # type: ignore[no-untyped-def]
        return _everywhere(builder, builder.load(_address(context, builder, signature.args[0], *values)))

    return _LANES(array, types.intp), lower


@intrinsic
def write(typing, array, index, value):  # type: ignore[no-untyped-def]
    """Store sixteen numbers in a flat float32 array, from `index` on."""

    def lower(context, builder, signature, values):  # type: ignore[no-untyped-def]
        place = _address(context, builder, signature.args[0], *values[:2])
        builder.store(values[2], builder.bitcast(place, _FLOATS.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, _LANES), lower


@intrinsic
def lanes(typing, value):  # type: ignore[no-untyped-def]
    """The same number in all lanes."""
    return _made(_LANES, (types.float32,), _everywhere)


@intrinsic
def smaller(typing, first, second):  # type: ignore[no-untyped-def]
    """The smaller number of each lane."""
    return _made(_LANES, (_LANES, _LANES), lambda b, x, y: b.select(b.fcmp_ordered("<", x, y), x, y))


@intrinsic
def larger(typing, first, second):  # type: ignore[no-untyped-def]
    """The larger number of each lane."""
    return _made(_LANES, (_LANES, _LANES), lambda b, x, y: b.select(b.fcmp_ordered(">", x, y), x, y))


@intrinsic
def choose(typing, value, bound, yes, no):  # type: ignore[no-untyped-def]
    """`yes` in lanes whose value is at most the bound, `no` elsewhere."""
    return _made(_LANES, (_LANES,) * 4, lambda b, x, y, z, w: b.select(b.fcmp_ordered("<=", x, y), z, w))


@intrinsic
def bits_within(typing, value, bound):  # type: ignore[no-untyped-def]
    """A uint64 whose bit k tells whether lane k's value is at most its bound."""

    def emit(builder, value, bound):  # type: ignore[no-untyped-def]
        found = builder.fcmp_ordered("<=", value, bound)
        return builder.zext(builder.bitcast(found, ir.IntType(WIDTH)), ir.IntType(64))

    return _made(types.uint64, (_LANES, _LANES), emit)


@intrinsic
def inverse(typing, value):  # type: ignore[no-untyped-def]
    """One divided by each lane."""
    one = _constant(_FLOATS, 1.0)
    return _made(_LANES, (_LANES,), lambda b, x: b.fdiv(one, x, flags=("nsz",)))


def _function(name: str) -> Callable[..., Any]:
    def emit(builder, value):  # type: ignore[no-untyped-def]
        kind = ir.FunctionType(_FLOATS, [_FLOATS])
        full = f"llvm.{name}.v{WIDTH}f32"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, full), [value])

    return emit


@intrinsic
def root(typing, value):  # type: ignore[no-untyped-def]
    """The square root of each lane."""
    return _made(_LANES, (_LANES,), _function("sqrt"))


@intrinsic
def floor(typing, value):  # type: ignore[no-untyped-def]
    """The largest whole number not above each lane."""
    return _made(_LANES, (_LANES,), _function("floor"))


@intrinsic
def _exponent(typing, value):  # type: ignore[no-untyped-def]
    """The power of two of each lane's float32."""

    def emit(builder, value):  # type: ignore[no-untyped-def]
        shifted = builder.lshr(builder.bitcast(value, _WHOLES), _constant(_WHOLES, 23))
        return builder.sitofp(builder.sub(shifted, _constant(_WHOLES, 127)), _FLOATS)

    return _made(_LANES, (_LANES,), emit)


@intrinsic
def _mantissa(typing, value):  # type: ignore[no-untyped-def]
    """Each lane's float32 without its power of two: in 1..2."""

    def emit(builder, value):  # type: ignore[no-untyped-def]
        kept = builder.and_(builder.bitcast(value, _WHOLES), _constant(_WHOLES, 0x7FFFFF))
        return builder.bitcast(builder.or_(kept, _constant(_WHOLES, 0x3F800000)), _FLOATS)

    return _made(_LANES, (_LANES,), emit)


def _transpose(builder: Any, rows: list[Any]) -> list[Any]:
    """Swap rows and columns of a square: ever smaller blocks off the diagonal change places."""
    span = WIDTH // 2
    while span:
        upper = [lane if not lane & span else WIDTH + lane - span for lane in range(WIDTH)]
        lower = [lane + span if not lane & span else WIDTH + lane for lane in range(WIDTH)]
        for k in range(WIDTH):
            if not k & span:
                one, other = rows[k], rows[k + span]
                rows[k] = builder.shuffle_vector(one, other, ir.Constant(_WHOLES, upper))
                rows[k + span] = builder.shuffle_vector(one, other, ir.Constant(_WHOLES, lower))
        span //= 2
    return rows


@intrinsic
def read_rows(typing, array, members, first):  # type: ignore[no-untyped-def]
    """Rows of sixteen float32, those with the numbers members[first : first + 16]: a tuple of columns."""
    result = types.UniTuple(_LANES, WIDTH)

    def lower(context, builder, signature, values):  # type: ignore[no-untyped-def]
        rows = []
        start = _address(context, builder, signature.args[1], *values[1:])
        for k in range(WIDTH):
            number = builder.zext(builder.load(builder.gep(start, [ir.Constant(_WHOLE, k)])), ir.IntType(64))
            place = builder.mul(number, ir.Constant(ir.IntType(64), WIDTH))
            row = _address(context, builder, signature.args[0], values[0], place)
            rows.append(builder.load(builder.bitcast(row, _FLOATS.as_pointer()), align=4))
        return context.make_tuple(builder, result, _transpose(builder, rows))

    return result(array, members, types.intp), lower


@intrinsic
def write_rows(typing, array, first, columns):  # type: ignore[no-untyped-def]
    """Store sixteen columns as rows `first` to `first + 15` of an array that is sixteen wide."""

    def lower(context, builder, signature, values):  # type: ignore[no-untyped-def]
        rows = _transpose(builder, [builder.extract_value(values[2], k) for k in range(WIDTH)])
        place = builder.mul(values[1], ir.Constant(ir.IntType(64), WIDTH))
        start = _address(context, builder, signature.args[0], values[0], place)
        for k, row in enumerate(rows):
            at = builder.gep(start, [ir.Constant(_WHOLE, k * WIDTH)])
            builder.store(row, builder.bitcast(at, _FLOATS.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, columns), lower


def _columns(width: int) -> Any:
    result = types.UniTuple(_LANES, width)

    @intrinsic
    def read_columns(typing, array, first):  # type: ignore[no-untyped-def]
        def lower(context, builder, signature, values):  # type: ignore[no-untyped-def]
            place = builder.mul(values[1], ir.Constant(ir.IntType(64), width))
            start = _address(context, builder, signature.args[0], values[0], place)
            parts = []
            for k in range(width):
                at = builder.gep(start, [ir.Constant(_WHOLE, k * WIDTH)])
                parts.append(builder.load(builder.bitcast(at, _FLOATS.as_pointer()), align=4))
            found = []
            for axis in range(width):
                column = parts[0]
                for k, part in enumerate(parts):
                    places = [(lane * width + axis - k * WIDTH) for lane in range(WIDTH)]
                    order = [
                        WIDTH + place if 0 <= place < WIDTH else lane for lane, place in enumerate(places)
                    ]
                    column = builder.shuffle_vector(column, part, ir.Constant(_WHOLES, order))
                found.append(column)
            return context.make_tuple(builder, result, found)

        return result(array, types.intp), lower

    return read_columns


#: Rows `first` to `first + 15` of an N x 3 or N x 4 float32 array as a tuple of columns.
read_threes, read_fours = _columns(3), _columns(4)


@intrinsic
def totals(typing, columns):  # type: ignore[no-untyped-def]
    """The sums of sixteen columns: lane k is that of column k."""

    def emit(builder, columns):  # type: ignore[no-untyped-def]
        values = [builder.extract_value(columns, k) for k in range(WIDTH)]
        span = WIDTH // 2
        while span:
            pairs = zip(values[:span], values[span:], strict=True)
            same = [lane + WIDTH * bool(lane & span) for lane in range(WIDTH)]
            other = [(lane ^ span) + WIDTH * bool(lane & span) for lane in range(WIDTH)]
            values = [
                builder.fadd(
                    builder.shuffle_vector(one, two, ir.Constant(_WHOLES, same)),
                    builder.shuffle_vector(one, two, ir.Constant(_WHOLES, other)),
                )
                for one, two in pairs
            ]
            span //= 2
        return values[0]

    return _made(_LANES, (columns,), emit)


_LN_2 = np.float32(np.log(2.0))
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7 = (
    np.polynomial.Chebyshev.interpolate(np.log, 7, [1, 2])
    .convert(kind=np.polynomial.Polynomial)
    .coef.astype(np.float32)
)


@njit(inline="always")
def logarithm(value):  # type: ignore[no-untyped-def]
    """The natural logarithm of numbers above 0, to about 1e-6."""
    m = _mantissa(value)
    high = _L4 + m * (_L5 + m * (_L6 + m * _L7))
    return _exponent(value) * _LN_2 + (_L0 + m * (_L1 + m * (_L2 + m * (_L3 + m * high))))


@intrinsic
def largest(typing, value):  # type: ignore[no-untyped-def]
    """The largest of the sixteen."""

    def emit(builder, value):  # type: ignore[no-untyped-def]
        span = WIDTH // 2
        while span:
            order = ir.Constant(_WHOLES, [(lane + span) % WIDTH for lane in range(WIDTH)])
            other = builder.shuffle_vector(value, value, order)
            value = builder.select(builder.fcmp_ordered(">", value, other), value, other)
            span //= 2
        return builder.extract_element(value, ir.Constant(_WHOLE, 0))

    return _made(types.float32, (_LANES,), emit)


@intrinsic
def lowest_bit(typing, word):  # type: ignore[no-untyped-def]
    """The number of the lowest bit that is set in a word that is not 0."""
    return _made(types.int64, (types.uint64,), lambda b, x: b.cttz(x, ir.Constant(_BIT, 1)))


def _arithmetic(which: Any, name: str) -> None:
    @intrinsic
    def work(typing, first, second):  # type: ignore[no-untyped-def]
        return _made(_LANES, (_LANES, _LANES), lambda b, x, y: getattr(b, name)(x, y, flags=_FREE))

    @overload(which)
    def chosen(first, second):  # type: ignore[no-untyped-def]
        if isinstance(first, LanesType) and isinstance(second, LanesType):
            return lambda first, second: work(first, second)
        if isinstance(first, LanesType) and isinstance(second, types.Float):
            return lambda first, second: work(first, lanes(second))
        if isinstance(first, types.Float) and isinstance(second, LanesType):
            return lambda first, second: work(lanes(first), second)
        return None


_arithmetic(operator.add, "fadd")
_arithmetic(operator.sub, "fsub")
_arithmetic(operator.mul, "fmul")
