"""Camera response curves from a bracket of 8-bit pictures, with their uncertainty."""
