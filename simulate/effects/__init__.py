"""Noise sources, one a file, each a plain function with its draws as an argument."""
