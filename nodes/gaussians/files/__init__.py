"""Files of splats: each format's reader and writer, hardened against damaged and hostile files."""
