"""ELD (Extreme Low-light Denoising) as its folders lie: CAMERA/scene-N/IMG_00NN.*."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from apps.train.raw_pair import (
    PairList,
    RawPair,
    exposure_ratio,
    raw_files,
    raw_named,
    refuse_incomplete,
)
from isp.core.errors import FileError, UsageError

REFERENCES = (1, 6, 11, 16)
# Images of each low-light factor, one for each of the ISOs 800, 1600 and 3200.
IMAGES: Mapping[int, tuple[int, ...]] = {
    1: (2, 7, 12), 10: (3, 8, 13), 100: (4, 9, 14), 200: (5, 10, 15),
}  # fmt: skip
SCENES = tuple(range(1, 11))
PUBLISHED = (100, 200)  # factors that the papers score
ADVICE = (
    "files are numbered IMG_0001 to IMG_0016 in the order they were taken, in CAMERA/scene-1 to "
    "scene-10"
)


def eld_pairs(
    root: str | Path,
    *,
    cameras: Sequence[str] | None = None,
    scenes: Sequence[int] = SCENES,
    factors: Sequence[int] = PUBLISHED,
) -> PairList:
    """The pairs of the cameras' scenes; each image with the reference of the nearest number.

    cameras: folders of root; None for all that hold scenes. Files may have any raw suffix.
    factors: low-light factors, of 1, 10, 100 and 200. The ratio itself is the quotient of
        ISO times exposure time, out of the files' tags.

    Raises UsageError for a factor that ELD has not, FileError that names every file the folder
    lacks, or one whose tags do not say the exposure.

    Source: Wei et al. (ELD), CVPR 2020, README and evaluation of the data set.
    """
    root = Path(root)
    unknown = [factor for factor in factors if factor not in IMAGES]
    if unknown:
        raise UsageError(f"ELD has the factors 1, 10, 100 and 200, not {unknown[0]}")
    names = list(cameras) if cameras is not None else _cameras(root)
    if not names:
        raise FileError(root, f"no camera's folder holds scenes; {ADVICE}")
    wanted = [(f, i, nearest_reference(i)) for f in factors for i in IMAGES[f]]
    found, missing = [], []
    for camera in names:
        for scene in scenes:
            folder = root / camera / f"scene-{scene}"
            files = raw_files(folder)
            for factor, image, reference in wanted:
                sides = [raw_named(files, f"IMG_{n:04d}") for n in (image, reference)]
                for path, n in zip(sides, (image, reference), strict=True):
                    if path is None:
                        missing.append(f"{camera}/scene-{scene}/IMG_{n:04d}")
                short, long = sides
                if short is not None and long is not None:
                    found.append((camera, f"scene-{scene}", factor, short, long))
    refuse_incomplete(root, missing, ADVICE)
    # A reference serves several images, and a look at its tags takes a process.
    told = {path: _exposure(path) for path in dict.fromkeys(p for f in found for p in f[3:])}
    return PairList(pairs=tuple(_pair(*parts, told[parts[3]], told[parts[4]]) for parts in found))


def nearest_reference(image: int) -> int:
    """Number of the long exposure that an image is compared with.

    >>> [nearest_reference(n) for n in (4, 5, 9, 15)]
    [6, 6, 11, 16]
    """
    return min(REFERENCES, key=lambda reference: abs(reference - image))


def _cameras(root: Path) -> list[str]:
    if not root.is_dir():
        raise FileError(root, "there is no such folder")
    return sorted(path.name for path in root.iterdir() if any(path.glob("scene-*")))


def _pair(
    camera: str,
    scene: str,
    factor: int,
    short: Path,
    long: Path,
    of_short: tuple[float, float],
    of_long: tuple[float, float],
) -> RawPair:
    (short_s, short_iso), (long_s, long_iso) = of_short, of_long
    return RawPair(
        short=short, long=long, camera=camera, scene=scene, iso=short_iso, short_s=short_s,
        long_s=long_s, ratio=exposure_ratio(long_s * long_iso, short_s * short_iso), factor=factor,
    )  # fmt: skip


def _exposure(path: Path) -> tuple[float, float]:
    """Seconds and ISO, of the tags or, where they do not tell, of the decoded file."""
    from isp.files.limits import Limits
    from isp.files.raw import read_raw
    from isp.files.shot_tags import read_shot_tags

    told = read_shot_tags(path, Limits())
    if told is not None and told.iso is not None:
        seconds, iso = told.exposure_time_s, told.iso
    else:
        shot = read_raw(path).shot
        if shot.exposure_time_s is None or shot.iso is None:
            raise FileError(path, "neither its tags nor its header say exposure time and ISO")
        seconds, iso = float(shot.exposure_time_s[0]), float(shot.iso[0])
    if not (seconds > 0 and iso > 0):
        raise FileError(path, f"it says {seconds:g} s at ISO {iso:g}; both are above 0")
    return seconds, iso
