"""fullwell calibrate sfr: MTF50 of a drawn edge, its table and its curve."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.response import Response
from isp.files.open import read
from isp.files.picture import write_picture
from isp.files.save import write
from tests.apps.conftest import Command
from tests.apps.samples import refused
from tests.calibration.drawn_edge import aperture_mtf, drawn_edge, gaussian_mtf


@pytest.fixture(scope="module")
def edge_exr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An edge of a Gaussian of 0.8 px at 5 degrees, in the middle of a wide picture."""
    edge = drawn_edge(160, 120, tilt_deg=5.0, sigma_px=0.8)
    light = np.full((200, 200), 0.5)
    light[20:180, 40:160] = edge
    frame = Frame.start(
        torch.from_numpy(light).float().expand(1, 3, -1, -1).clone(),
        Domain.LINEAR,
        colour=Colour(),
    )
    path = tmp_path_factory.mktemp("edge") / "edge.exr"
    write(path, frame)
    return path


def test_mtf50_of_a_known_spread_within_1_percent(
    fullwell: Command, edge_exr: Path, tmp_path: Path
) -> None:
    answer = fullwell("calibrate", "sfr", edge_exr, "--roi", "40,20,120,160", "--json",
                      "--csv", tmp_path / "sfr.csv", "--plot", tmp_path / "sfr.png")  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    record = json.loads(answer.out)
    frequency = np.linspace(0, 1, 100_001)
    truth = gaussian_mtf(frequency, 0.8) * aperture_mtf(frequency, 5.0)
    mtf50 = frequency[np.argmax(truth < 0.5)]
    assert record["mtf50"] == pytest.approx(mtf50, rel=0.01)
    lines = (tmp_path / "sfr.csv").read_text().splitlines()
    assert lines[0] == "cycles_per_px,sfr"
    assert len(lines) == 202
    assert (tmp_path / "sfr.png").read_bytes()[1:4] == b"PNG"


def test_a_person_is_told_mtf50(fullwell: Command, edge_exr: Path) -> None:
    assert "MTF50 0." in fullwell("calibrate", "sfr", edge_exr, "--roi", "40,20,120,160").out


@pytest.mark.parametrize("name", ["h_edge.tif", "Test_edge1.png"])
def test_mtf50_of_pictures_is_that_of_sfrmat5(
    fullwell: Command, shared_data: Path, name: str
) -> None:
    """2 %: sfrmat5 keeps the mean over its bins and weighs the channels; 1.3 % was the most."""
    reference = json.loads((shared_data / "sfr" / "sfr_reference.json").read_text())
    mtf50 = reference["files"][name]["sfrmat5_cpp_port"]["mtf50_lum_interp"]

    answer = fullwell("calibrate", "sfr", shared_data / "sfr" / name, "--linear", "--order", "5",
                      "--json")  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out)["mtf50"] == pytest.approx(mtf50, rel=0.02)


@pytest.fixture(scope="module")
def edge_png(edge_exr: Path) -> Path:
    """The same edge as 16-bit sRGB codes."""
    light = read(edge_exr).data
    frame = Frame.start(Response.srgb().encode(light), Domain.SDR, colour=Colour(transfer="srgb"))
    path = edge_exr.with_name("edge.png")
    write_picture(path, frame, bit_depth=16)
    return path


def test_a_said_response_gives_what_linear_light_gives(
    fullwell: Command, edge_exr: Path, edge_png: Path
) -> None:
    def mtf50(image: Path, *said: str) -> float:
        answer = fullwell("calibrate", "sfr", image, "--roi", "40,20,120,160", "--json", *said)
        assert (answer.code, answer.err) == (0, "")
        return float(json.loads(answer.out)["mtf50"])

    wanted = mtf50(edge_exr)
    assert mtf50(edge_png, "--response", "srgb") == pytest.approx(wanted, rel=1e-3)
    assert abs(mtf50(edge_png, "--linear") / wanted - 1) > 0.01


@pytest.mark.parametrize(
    ("picture", "options", "code", "said"),
    [
        (True, (), 3, "--linear"),
        (True, (), 3, "--response srgb"),
        (True, ("--linear", "--response", "srgb"), 2, "say one of them"),
        (True, ("--response", "kodak"), 2, "no response is named"),
        (False, ("--linear",), 2, "linear in light"),
    ],
)
def test_a_response_is_said_of_pictures_and_only_of_them(
    fullwell: Command, edge_exr: Path, edge_png: Path, picture: bool, options: tuple[str, ...],
    code: int, said: str,
) -> None:  # fmt: skip
    image = edge_png if picture else edge_exr

    refused(fullwell("calibrate", "sfr", image, *options), code, said)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--roi", "1,2,3"), 2, "X,Y,W,H"),
        (("--roi", "150,0,100,20"), 2, "not inside"),
        (("--roi", "0,0,30,30"), 3, "edge"),
        (("--channel", "W"), 3, "channels R, G, B"),
        (("--roi", "40,20,120,160", "--plot", "PLACE/sfr.gif"), 2, "a plot is"),
    ],
)
def test_what_gives_no_response_is_refused(
    fullwell: Command, edge_exr: Path, tmp_path: Path, options: tuple[str, ...], code: int,
    said: str,
) -> None:  # fmt: skip
    given = [option.replace("PLACE", str(tmp_path)) for option in options]

    refused(fullwell("calibrate", "sfr", edge_exr, *given), code, said)


@pytest.mark.parametrize(
    ("table", "curve", "code", "said"),
    [
        ("one.csv", "one.csv", 2, "are one file"),
        ("one.csv", "here/../one.csv", 2, "are one file"),
        ("out.txt", "p.png", 2, "a table is .csv"),
        ("out.csv", "p.pdf", 2, "a plot is .png or .svg"),
        ("out.csv", "there.png", 3, "exists already"),
        ("out.csv", "none/p.png", 3, "does not exist"),
    ],
)
def test_nothing_is_written_where_one_output_may_not_be(
    fullwell: Command, edge_exr: Path, tmp_path: Path, table: str, curve: str, code: int, said: str
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there.png").write_text("mine")

    answer = fullwell(
        "calibrate", "sfr", edge_exr, "--roi", "40,20,120,160", "--csv", tmp_path / table,
        "--plot", tmp_path / curve,
    )  # fmt: skip

    refused(answer, code, said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "there.png"]
    assert (tmp_path / "there.png").read_text() == "mine"
