"""A small head, shared with the tests of heads."""

from tests.head.conftest import astronaut, astronaut_fit, small_head, small_model

__all__ = ["astronaut", "astronaut_fit", "small_head", "small_model"]
