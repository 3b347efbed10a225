"""Compiled inner loops for the CPU: counters, draws and functions on rows of photosites."""
