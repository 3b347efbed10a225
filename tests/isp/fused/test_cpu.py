"""Bands, threads and types of number change no pixel of the compiled pass."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.fused import cpu
from isp.fused.demosaics import MALVAR
from isp.fused.shot_numbers import numbers_of
from tests.isp.fused.frames import MASKS, frame_of, fused_of, srgb


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.GBRG], ids=lambda cfa: cfa.name)
def test_bands_of_any_height_on_two_threads_give_the_same_frame(
    cfa: Cfa, monkeypatch: pytest.MonkeyPatch
) -> None:
    fused, frame = fused_of(srgb(cfa)), frame_of(cfa, (37, 41), defects=((5, 6), (36, 40)))
    whole = fused.develop(frame)

    for rows in (1, 2, 5, 8):
        monkeypatch.setitem(cpu.BAND, MALVAR, 41 * rows)
        banded = fused.develop(frame)

        for name in ("data", *MASKS):
            assert torch.equal(getattr(banded, name), getattr(whole, name)), (name, rows)


@pytest.mark.usefixtures("two_threads")
def test_one_strange_value_in_any_band_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cpu.BAND, MALVAR, 41)
    fused, frame = fused_of(srgb(Cfa.RGGB)), frame_of(Cfa.RGGB, (17, 41))
    numbers, _ = numbers_of(fused.run, fused.cfa, frame)

    for row in range(17):
        dn = frame.data.clone()
        dn[1, 0, row, 40] = float("nan")
        assert cpu.render(dn, frame.clipped, fused.cfa, numbers, 8) is None
    assert cpu.render(frame.data, frame.clipped, fused.cfa, numbers, 8) is not None


def test_integers_of_the_file_give_what_their_floats_give() -> None:
    fused, frame = fused_of(srgb(Cfa.GRBG)), frame_of(Cfa.GRBG, (19, 29), defects=((3, 3),))
    numbers, _ = numbers_of(fused.run, fused.cfa, frame)
    integers = frame.data.to(torch.uint16)
    assert cpu.fits(integers)

    of_integers = cpu.render(integers, frame.clipped, fused.cfa, numbers, 8)

    of_floats = cpu.render(frame.data, frame.clipped, fused.cfa, numbers, 8)
    assert of_integers is not None
    assert of_floats is not None
    assert torch.equal(of_integers, of_floats)


def test_no_photosites_other_numbers_and_gradients_are_left_to_the_stages() -> None:
    dn = torch.ones(1, 1, 2, 2)

    assert cpu.fits(dn)
    assert not cpu.fits(dn.double())
    assert not cpu.fits(dn[..., :0])
    assert not cpu.fits(dn.requires_grad_())
