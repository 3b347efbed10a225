"""Black that differs photosite by photosite: evened out in a frame, written back as it came."""

import numpy as np

from isp.core.frame import Frame
from isp.files.black_cells import sites_and_surplus, surplus_map
from isp.files.tiff_tags import RawTag, by_code, numbers_of, tag_of

REPEAT, LEVEL, ACROSS, DOWN = 50713, 50714, 50715, 50716
LEVEL_TOLERANCE = 1e-6  # DN, of levels that went through JSON or float64 sums
DN_TOLERANCE = 1 / 128  # twice the step of float32 below 65536, in which the surplus was taken out


def black_as_it_came(frame: Frame) -> tuple[np.ndarray, tuple[RawTag, ...]]:
    """Return the DN (h, w) of a RAW frame as its file had them, and the file's black tags.

    A frame of a file with BlackLevelDeltaH or V, or with a repeat that is not its pattern's, has
    had what differs subtracted (`isp.files.raw`); here it is put back, exactly, as the DN were
    whole numbers. Other frames come as they are, without tags: those whose file had nothing of
    the kind, and those whose levels or size were changed since.

    Source: DNG 1.7.1, BlackLevel, BlackLevelDeltaH, BlackLevelDeltaV.
    """
    dn = frame.data[0, 0].double().cpu().numpy()
    tags = tuple(tag_of(record) for record in frame.shot.tags.get("black", ()))
    if not tags or list(frame.size) != frame.shot.tags.get("size"):
        return dn, ()
    by = by_code(tags, "main")
    numbers = {code: np.asarray(numbers_of(tag)) for code, tag in by.items()}
    rows, columns = (int(n) for n in numbers.get(REPEAT, (1, 1)))
    profile = frame.need_profile()
    cell = numbers.get(LEVEL, np.zeros(rows * columns)).reshape(rows, columns).tolist()
    levels, extra = sites_and_surplus(profile.cfa.pattern, cell)
    surplus, mean = surplus_map(frame.size, extra, numbers.get(ACROSS), numbers.get(DOWN))
    whole = np.rint(dn + surplus)
    same_levels = np.allclose(
        np.asarray(levels) + mean, profile.black_level_dn, rtol=0, atol=LEVEL_TOLERANCE
    )
    if not same_levels or abs(dn + surplus - whole).max() > DN_TOLERANCE:
        return dn, ()
    return whole, tags
