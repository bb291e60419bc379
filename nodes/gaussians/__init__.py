"""Gaussian splats: projection, rasterising, derivatives, fitting, editing and file formats."""

HOLDS_NODES = False
