"""The tone and transfer curves that the kernels know, as numbers."""

PLAIN, FILMIC, REINHARD = 0, 1, 2  # tone
OPEN, LINEAR, SRGB = 0, 1, 2  # no encoding; cut to 0..1; cut and IEC 61966-2-1
TRANSFERS = {"linear": LINEAR, "srgb": SRGB}
