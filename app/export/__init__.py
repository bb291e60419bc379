"""Writing results to files: videos, picture sequences, and any single value.

* `render.export` writes a range of frames in the way the target's name asks for.
* `stream.export_range` and `sequence.export_sequence` are what it chooses from.
* `values.write_value` writes one value of any type by the file's extension.

Nothing here knows the engine or Qt: pictures come from a callable `frame_at(frame) -> Image`.
"""
