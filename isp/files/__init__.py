"""Files to frames and frames to files; the only room that imports image libraries."""
