"""One-pass kernels for runs of stages."""
