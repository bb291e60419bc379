"""Time: the ruler with range, keys and cached frames, and playback at the project's rate."""
