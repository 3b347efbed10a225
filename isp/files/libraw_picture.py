"""LibRaw's own development of a raw file, to hold beside ours."""

from pathlib import Path

from isp.core.errors import UsageError
from isp.files.decoded import Decoded
from isp.files.guarded import decode
from isp.files.limits import Limits

DEMOSAICS = ("LINEAR", "VNG", "PPG", "AHD", "DCB", "DHT", "AAHD")
HIGHLIGHTS = ("Clip", "Blend", "ReconstructDefault")
SPACES = ("sRGB", "XYZ", "raw")


def libraw_picture(
    path: str | Path,
    demosaic: str = "AHD",
    *,
    linear: bool = False,
    highlights: str = "Clip",
    space: str = "sRGB",
    gains: tuple[float, float, float] | None = None,
    limits: Limits | None = None,
) -> Decoded:
    """Develop by LibRaw without its automatic brightening.

    Returns 16-bit codes (h, w, 3) as array `code`, encoded as sRGB or linear light.
    highlights: one of HIGHLIGHTS. space: one of SPACES; `raw` leaves out the colour matrix.
    gains: of R, G and B in place of the camera's balance; LibRaw scales the least of them to 1.

    Raises UsageError for a demosaic that the wheel lacks, FileError, LimitError.
    """
    if highlights not in HIGHLIGHTS:
        raise UsageError(f"LibRaw highlights are {', '.join(HIGHLIGHTS)}, not {highlights}")
    if demosaic not in DEMOSAICS:
        raise UsageError(f"LibRaw demosaics are {', '.join(DEMOSAICS)}, not {demosaic}")
    if space not in SPACES:
        raise UsageError(f"LibRaw's spaces are {', '.join(SPACES)}, not {space}")
    return decode(
        "isp.files.libraw_picture:develop_by_libraw", Path(path), limits or Limits(),
        demosaic=demosaic, linear=linear, highlights=highlights, space=space, gains=gains,
    )  # fmt: skip


def develop_by_libraw(
    path: str,
    limits: Limits,
    *,
    demosaic: str,
    linear: bool,
    highlights: str = "Clip",
    space: str = "sRGB",
    gains: tuple[float, float, float] | None = None,
) -> Decoded:
    """Run in the decoder's process; see `libraw_picture`."""
    import rawpy

    with rawpy.imread(path) as raw:
        code = raw.postprocess(
            demosaic_algorithm=rawpy.DemosaicAlgorithm[demosaic],
            use_camera_wb=gains is None,
            user_wb=None if gains is None else [*gains, gains[1]],
            no_auto_bright=True,
            adjust_maximum_thr=0.0,
            highlight_mode=getattr(rawpy.HighlightMode, highlights),
            output_color=rawpy.ColorSpace[space],
            gamma=(1, 1) if linear else (2.4, 12.92),
            output_bps=16,
            user_flip=0,
        )
    return Decoded(facts={"demosaic": demosaic}, arrays={"code": code})
