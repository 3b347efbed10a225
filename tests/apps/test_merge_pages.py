"""The page says the figures it was given, in tables that hold together."""

from apps.merge_measures import Found, Ghost, Level
from apps.merge_pages import COMMAND, page_of_measures, page_of_pictures
from apps.merge_peers import Agreement

LEVEL = Level(
    light_e=1234.0,
    loss_db=0.0567,
    left_out_db=6.543,
    bias_errors=-1.25,
    bias_percent=0.0321,
    said_over_real=0.987,
)


def tables_hold_together(page: str) -> bool:
    """Every row of a table has as many cells as its head."""
    cells = 0
    for line in page.splitlines():
        if not line.startswith("|"):
            cells = 0
        elif cells in (0, line.count("|")):
            cells = line.count("|")
        else:
            return False
    return True


def test_every_measurement_is_on_the_page() -> None:
    page = page_of_measures(
        camera="made", side=40, flats={(-2, 0): [LEVEL]}, switch={(-4, 0): [(-3.0, LEVEL)]},
        rejections=[(10.0, 1e-3, 7.5e-4)],
        lies=[Found(jitter_percent=10, metadata_percent=9.876, measured_percent=0.0123)],
        ghosts=[Ghost(contrast=2, found_percent=98.7, error=0.83, ghosted_error=1.37,
                      lost_percent=0.094)],
    )  # fmt: skip

    for row in (
        "| -2, +0 | 1234 | 0.057 | -1.2 | 0.987 |",
        "| -4, +0 | -3 | 1234 | 6.54 | 0.06 | -1.2 | +0.0321 | 0.987 |",
        "| 10 | 0.1 | 0.075 |",
        "| 2 | 98.7 | 0.83 | 1.37 | 0.094 |",
        "| 10 | 9.88 | 0.012 |",
    ):
        assert row in page
    assert COMMAND in page
    assert tables_hold_together(page)


def test_every_agreement_is_on_the_page_with_its_pictures() -> None:
    row = Agreement(
        name="room", pixels=10, compared_percent=96.25, median_ratio=3.0,
        channel_ratios=(1.01, 0.99), rms_stops=0.0678, worst_stops=0.198,
    )  # fmt: skip

    page = page_of_pictures([row], "merge")

    assert "| room | 96.2 | 1.0100 | 0.9900 | 0.0678 | 0.198 |" in page
    assert "](images/merge/house.jpg)" in page
    assert tables_hold_together(page)
