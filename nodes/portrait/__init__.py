"""Editing real portraits: what a landmarker will see of an edit, light on a face, layers in front."""

HOLDS_NODES = False
