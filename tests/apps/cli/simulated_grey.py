"""What a grey scene is in a raw file, for the tests of fullwell simulate."""

from pathlib import Path

from tests.apps.samples import BLACK_DN, D850_ISO400_DN_PER_E, ELECTRONS_PER_UNIT, GREY, dn_of

SIGNAL_DN = GREY * ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E


def green(path: Path) -> float:
    """Mean DN over black of the green photosites in red's rows."""
    return float(dn_of(path)[0::2, 1::2].astype(float).mean()) - BLACK_DN
