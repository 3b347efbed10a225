"""colour-science's data come without its image libraries' noise."""

import subprocess
import sys

from simulate.colour_science import colour_science


def test_the_data_are_colour_science_s() -> None:
    assert "ColorChecker N Ohta" in colour_science().SDS_COLOURCHECKERS


def test_nothing_is_said_on_stderr_and_no_image_library_is_loaded() -> None:
    code = (
        "from simulate.colour_science import colour_science;"
        "colour_science().SDS_ILLUMINANTS['A'];"
        "import sys;print('OpenImageIO' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
    assert done.stderr == ""
