"""Latency and quality measurement."""
