"""Cameras as JSON, one a file, the source of every number noted in it."""
