"""A comparison in words says which stage, how far, and who stands alone."""

from dataclasses import replace

from apps.diff.comparison import Difference, Numbers
from apps.diff.diffing import Comparison
from apps.diff.words import lines, summary, verdict

EQUAL = Numbers(max_abs=0.0, mean_abs=0.0, relative=0.0, psnr_db=None)
APART = Numbers(max_abs=0.25, mean_abs=0.125, relative=0.5, psnr_db=12.0, delta_e_mean=2.5)
STOP = Difference(first="tone", second="tone", domain="LINEAR", everywhere=EQUAL)


def test_each_kind_of_stop_has_its_sentence() -> None:
    assert verdict(STOP) == "equal to the bit"
    assert verdict(replace(STOP, everywhere=APART)) == (
        "largest difference 0.25, mean 0.125, mean ΔE00 2.5"
    )
    assert verdict(replace(STOP, everywhere=None, second=None)) == "only in the first"
    assert verdict(replace(STOP, everywhere=None, first=None)) == "only in the second"
    assert verdict(replace(STOP, trouble="RAW against SDR")) == "not comparable: RAW against SDR"


def test_the_summary_names_sides_file_and_first_departure() -> None:
    whole = Comparison(first="a", second="b", raw="x.dng", tolerance=0.01, stops=(STOP,))
    departing = replace(STOP, first="demosaic", second="cfa", everywhere=APART, departs=True)

    assert summary(whole) == (
        "a and b over x.dng: alike within 0.01 of the range at every common stage"
    )
    parted = replace(whole, stops=(STOP, departing), raw=None)
    assert summary(parted).startswith("a and b: the first stage that departs is demosaic / cfa, ")
    told = lines(parted)
    assert told[0].startswith("  tone ")
    assert told[1].startswith("! demosaic / cfa ")
    assert told[2] == summary(parted)
