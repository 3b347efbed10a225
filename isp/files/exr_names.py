"""Names that our OpenEXR files use, shared by reader and writer."""

MASKS = ("measured", "clipped", "generated")  # half channels measured.Y and so on, 0 or 1
OWN = "fullwell:"  # prefix of our header keys
ANCHOR = "cd_per_m2_per_unit"
ONE_IS = "one_is"  # what 1.0 means, in words
