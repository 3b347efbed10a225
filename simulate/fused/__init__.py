"""The whole sensor in one pass over the photosites."""
