"""Triangles to pixels on the CPU: projection, a z-buffer, interpolation; light, grain and ramps of images."""

HOLDS_NODES = False
