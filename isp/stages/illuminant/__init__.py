"""Estimates of the light's colour, as white-balance gains: one method a file."""
