"""Losses: one a file, each with the equation that it is."""
