"""Picture quality in numbers."""
