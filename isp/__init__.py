"""Raw development from the mosaic to the display, one open stage at a time."""
