"""Running exported graphs."""
