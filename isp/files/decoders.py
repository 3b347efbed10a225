"""Which decoder reads which kind of file, by the family that its first bytes show."""

PICTURE = "isp.files.picture_decode:decode_picture"
PICTURES = {
    "png": PICTURE,
    "tiff": PICTURE,
    "jpeg": PICTURE,
    "avif": "isp.files.avif_decode:decode_avif",
    "heic": "isp.files.heic_decode:decode_heic",
    "jxl": "isp.files.jxl_decode:decode_jxl",
}
RAW = "isp.files.raw_decode:decode_raw"
# A TIFF is a camera's raw here: DNG and many raws are TIFF.
DECODERS = PICTURES | {
    "raw": RAW,
    "tiff": RAW,
    "exr": "isp.files.exr_decode:decode_exr",
    "hdr": "isp.files.radiance_decode:decode_radiance",
}
