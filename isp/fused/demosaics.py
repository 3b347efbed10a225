"""The demosaics that the kernels know, as numbers."""

MALVAR, GBTF_ROOT = 0, 1
