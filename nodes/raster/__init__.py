"""Triangles to pixels on the CPU: projection, a z-buffer, attribute interpolation, shading."""

HOLDS_NODES = False
