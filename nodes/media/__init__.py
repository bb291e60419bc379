"""Pictures and clips: reading, colour encoding, and finding frames. No nodes live here."""

HOLDS_NODES = False
