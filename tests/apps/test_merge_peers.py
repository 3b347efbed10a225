"""Another program's files are read rightly, and agreement is measured by hand-made differences."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from apps.merge_peers import (
    PROGRAMS,
    agreement,
    merged_by_pfstools,
    read_pfm,
    read_pfs_response,
    response_of_codes,
)
from isp.core.domain import Domain
from isp.core.errors import FileError, MissingError
from isp.core.frame import Frame
from isp.core.response import Response
from isp.core.shot import Shot
from isp.files.picture import write_picture
from isp.merge.bracket import merge

TIMES = (1 / 8, 1.0, 8.0)
CURVE = Response.power(2.2)


def scene() -> torch.Tensor:
    """Light over 12 stops, with colours: (1, 3, 96, 128)."""
    across = torch.logspace(-3, 0.6, 128, dtype=torch.float64)
    tint = torch.stack([torch.linspace(a, b, 96) for a, b in ((0.6, 1), (1, 0.7), (0.8, 0.9))])
    return (tint[:, :, None] * across)[None].float()


def bracket() -> list[Frame]:
    """Pictures of the scene by a power response, 8 bits."""
    frames = []
    for time in TIMES:
        code = torch.round(CURVE.encode((scene() * time).clamp(0, 1)) * 255) / 255
        clipped = ((code <= 0) | (code >= 1)).any(dim=1, keepdim=True)
        shot = Shot.single(exposure_time_s=time)
        frames.append(Frame.start(code, Domain.SDR, shot=shot, clipped=clipped))
    return frames


def ours(response: Response) -> tuple[np.ndarray, np.ndarray]:
    from isp.core.frame import reopen

    merged = merge([reopen(f, Domain.LINEAR, response) for f in bracket()], response=response)
    light = merged.frame.data[0].permute(1, 2, 0).double().numpy()
    return light, merged.frame.measured[0, 0].numpy()


def test_our_light_is_opencvs_where_both_know_the_response() -> None:
    light, measured = ours(CURVE)
    codes = [
        np.ascontiguousarray(np.rint(f.data[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8))
        for f in bracket()
    ]
    table = CURVE.decode(torch.arange(256, dtype=torch.float64) / 255).float().numpy()
    table[0] = table[1] / 2  # it takes logarithms
    response = np.repeat(table[:, None, None], 3, axis=2)
    theirs = cv2.createMergeDebevec().process(codes, np.float32(TIMES), response)

    agreed = agreement("cv2", light, theirs.astype(np.float64), measured)

    # It takes whole frames with codes that clip, at their small weight: not to the last digit.
    assert agreed.rms_stops < 0.05
    assert agreed.channel_ratios == pytest.approx((1, 1), abs=0.01)
    true = agreement("truth", light, scene()[0].permute(1, 2, 0).double().numpy(), measured)
    assert (
        true.rms_stops
        < agreement(
            "cv2", theirs.astype(np.float64), scene()[0].permute(1, 2, 0).double().numpy(), measured
        ).rms_stops
        + 1e-3
    )


@pytest.mark.peer
@pytest.mark.skipif(any(shutil.which(p) is None for p in PROGRAMS), reason="needs pfstools")
def test_our_light_is_pfstools_by_the_response_that_it_finds(tmp_path: Path) -> None:
    files = []
    for i, frame in enumerate(bracket()):
        files.append(tmp_path / f"p {i}.png")
        write_picture(files[-1], frame)

    peer = merged_by_pfstools(files, TIMES)
    light, measured = ours(peer.response)

    agreed = agreement("pfs", light * np.array(peer.tops), peer.light, measured)
    assert peer.light.shape == (96, 128, 3)
    assert agreed.rms_stops < 0.1
    assert agreed.compared_percent > 80


def test_a_program_that_fails_is_named_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="pfsinhdrgen, pfshdrcalibrate, pfsoutpfm not found"):
        merged_by_pfstools([tmp_path / "a.png"], [1.0])


@pytest.mark.skipif(any(shutil.which(p) is None for p in PROGRAMS), reason="needs pfstools")
def test_a_picture_that_it_cannot_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(FileError, match=r"a\.png: pfstools failed"):
        merged_by_pfstools([tmp_path / "a.png"], [1.0])


def test_a_saved_response_is_read_by_channel(tmp_path: Path) -> None:
    lines = []
    for k, name in enumerate(("IR", "IG", "IB", "W")):
        lines += [f"# name: {name}", "# type: matrix"]
        lines += [f" 0.0 {code} {(code / 255) ** (k + 1) * (k + 2)}" for code in range(256)]
    (tmp_path / "a.m").write_text("\n".join(lines))

    response, tops = read_pfs_response(tmp_path / "a.m")

    assert tops == pytest.approx((2, 3, 4))
    code = torch.full((1, 3, 1, 1), 0.6)  # 153 / 255
    assert response.decode(code).flatten().tolist() == pytest.approx([0.6, 0.36, 0.216], rel=1e-5)
    (tmp_path / "b.m").write_text("# name: IR\n 0 0 0\n 0 1 1\n")
    with pytest.raises(FileError, match=r"b\.m: it holds curves of \['IR'\]"):
        read_pfs_response(tmp_path / "b.m")


def test_a_response_that_falls_or_is_unknown_in_places_still_rises() -> None:
    curve = np.linspace(0, 2, 256)
    curve[3:9] = np.nan
    curve[100] = 0.1

    response, tops = response_of_codes([curve] * 3, "made")

    assert tops == (2.0, 2.0, 2.0)
    light = response.decode(torch.linspace(0, 1, 256).reshape(1, 1, 256).expand(3, 1, 256))
    assert bool((torch.diff(light) >= 0).all())
    assert float(light[0, 0, 200]) == pytest.approx(200 / 255, rel=1e-5)


def test_a_float_map_is_turned_upright_in_either_byte_order(tmp_path: Path) -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.float32).reshape(2, 3, 3)
    for order, scale in (("<f4", b"-1.0"), (">f4", b"1.0")):
        content = b"PF\n3 2\n" + scale + b"\n" + pixels[::-1].astype(order).tobytes()
        (tmp_path / "a.pfm").write_bytes(content)

        np.testing.assert_array_equal(read_pfm(tmp_path / "a.pfm"), pixels)


@pytest.mark.parametrize("content", [b"", b"PF\n3 2\n-1\nshort", b"Pf\n1 1\n-1\n" + bytes(12)])
def test_what_is_no_colour_float_map_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pfm").write_bytes(content)

    with pytest.raises(FileError, match=r"a\.pfm: it "):
        read_pfm(tmp_path / "a.pfm")


def test_agreement_takes_the_scale_off_and_says_what_is_left() -> None:
    light = np.full((10, 10, 3), 4.0)
    theirs = light / 2
    theirs[..., 0] /= 1.1
    theirs[0] = 0  # not above 0: not compared
    measured = np.ones((10, 10), dtype=bool)
    measured[1] = False

    agreed = agreement("made", light, theirs, measured)

    assert agreed.compared_percent == 80
    assert agreed.median_ratio == pytest.approx(2)
    assert agreed.channel_ratios == pytest.approx((1.1, 1.0))
    assert agreed.rms_stops == pytest.approx(np.log2(1.1) / np.sqrt(3))
    assert agreed.worst_stops == pytest.approx(np.log2(1.1))
