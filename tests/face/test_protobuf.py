"""The wire format: what is written reads back, and damaged bytes are refused."""

import pytest

from nodes.face._protobuf import BYTES, FIXED32, VARINT, Field, fields, submessage, write


def test_fields_survive_a_round_trip():
    parts = [Field(1, VARINT, 300), Field(2, BYTES, b"name"), Field(7, FIXED32, b"\0\0\x80?")]
    assert list(fields(write(parts))) == parts


def test_negative_numbers_of_ten_bytes_survive():
    minus_one = Field(3, VARINT, (1 << 64) - 1)
    assert list(fields(write([minus_one]))) == [minus_one]


def test_submessage_follows_a_path():
    inner = write([Field(4, BYTES, b"deep")])
    assert submessage(write([Field(2, BYTES, inner)]), 2, 4) == b"deep"
    with pytest.raises(ValueError, match="no field 9"):
        submessage(inner, 9)


@pytest.mark.parametrize("damaged", [b"\x0a\x05ab", b"\x80", b"\x0b\x00", b"\x0d\x00"])
def test_damaged_bytes_are_refused(damaged):
    with pytest.raises(ValueError, match=r"cut short|unknown"):
        list(fields(damaged))
