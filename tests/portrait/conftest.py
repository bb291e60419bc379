"""A small head, shared with the tests of heads."""

from tests.head.conftest import small_head, small_model

__all__ = ["small_head", "small_model"]
