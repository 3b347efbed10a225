"""LibRaw's own development of a raw file, to hold beside ours."""

from pathlib import Path

from isp.core.errors import UsageError
from isp.files.decoded import Decoded
from isp.files.guarded import decode
from isp.files.limits import Limits

DEMOSAICS = ("LINEAR", "VNG", "PPG", "AHD", "DCB", "DHT", "AAHD")
HIGHLIGHTS = ("Clip", "Blend", "ReconstructDefault")


def libraw_picture(
    path: str | Path,
    demosaic: str = "AHD",
    *,
    linear: bool = False,
    highlights: str = "Clip",
    camera_colours: bool = False,
    limits: Limits | None = None,
) -> Decoded:
    """Develop by LibRaw with the camera's balance, without its automatic brightening.

    Returns 16-bit codes (h, w, 3) as array `code`: sRGB, or linear BT.709 light.
    highlights: one of HIGHLIGHTS. camera_colours: leave out the colour matrix.

    Raises UsageError for a demosaic that the wheel lacks, FileError, LimitError.
    """
    if highlights not in HIGHLIGHTS:
        raise UsageError(f"LibRaw highlights are {', '.join(HIGHLIGHTS)}, not {highlights}")
    if demosaic not in DEMOSAICS:
        raise UsageError(f"LibRaw demosaics are {', '.join(DEMOSAICS)}, not {demosaic}")
    return decode(
        "isp.files.libraw_picture:develop_by_libraw", Path(path), limits or Limits(),
        demosaic=demosaic, linear=linear, highlights=highlights, camera_colours=camera_colours,
    )  # fmt: skip


def develop_by_libraw(
    path: str,
    limits: Limits,
    *,
    demosaic: str,
    linear: bool,
    highlights: str = "Clip",
    camera_colours: bool = False,
) -> Decoded:
    """Run in the decoder's process; see `libraw_picture`."""
    import rawpy

    with rawpy.imread(path) as raw:
        code = raw.postprocess(
            demosaic_algorithm=rawpy.DemosaicAlgorithm[demosaic],
            use_camera_wb=True,
            no_auto_bright=True,
            adjust_maximum_thr=0.0,
            highlight_mode=getattr(rawpy.HighlightMode, highlights),
            output_color=rawpy.ColorSpace.raw if camera_colours else rawpy.ColorSpace.sRGB,
            gamma=(1, 1) if linear else (2.4, 12.92),
            output_bps=16,
            user_flip=0,
        )
    return Decoded(facts={"demosaic": demosaic}, arrays={"code": code})
