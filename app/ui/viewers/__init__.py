"""What shows a value: pictures with overlays, tables, plots, and heads in space."""
