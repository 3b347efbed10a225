"""Latency of stages and pipelines: timed like a camera, compared and kept within budgets."""
