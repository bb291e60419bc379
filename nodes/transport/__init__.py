"""Optimal transport between weighted point sets: solvers, maps and distances. No nodes live here."""

HOLDS_NODES = False
