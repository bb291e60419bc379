"""Sound, speech and what a face does with it: runtimes and mathematics. No nodes live here."""

HOLDS_NODES = False
