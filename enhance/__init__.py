"""Learned stages: denoising, colour mapping, refinement and HDR expansion."""
