"""The public face: the names users may import, kept in a list, all of them there."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fullwell

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = (ROOT / "tests" / "public_names.txt").read_text().split()
FACADE = ROOT / "fullwell" / "__init__.py"


def test_public_names_are_those_of_the_list() -> None:
    """A name that is added or taken away is a decision: change tests/public_names.txt with it."""
    assert sorted(fullwell.__all__) == sorted(PUBLIC)
    assert sorted(dir(fullwell)) == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there(name: str) -> None:
    namespace: dict[str, object] = {}
    exec(f"from fullwell import {name} as found", namespace)

    assert namespace["found"] is getattr(fullwell, name)


def test_a_name_is_the_thing_it_says() -> None:
    from apps.developing import develop
    from isp.core.frame import Frame
    from isp.files.profile import builtin_names, load_profile
    from simulate.sensor import Sensor

    assert fullwell.Frame is Frame
    assert fullwell.Sensor is Sensor
    assert fullwell.develop is develop
    assert fullwell.camera is load_profile
    assert fullwell.camera_names is builtin_names


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'fullwell' has no attribute 'Telescope'"):
        _ = fullwell.Telescope  # type: ignore[attr-defined]


def test_type_checkers_see_the_same_names() -> None:
    """What is imported under TYPE_CHECKING, and where from, is what `__getattr__` finds."""
    tree = ast.parse(FACADE.read_text())
    block = next(n for n in tree.body if isinstance(n, ast.If))
    seen = {
        (alias.asname or alias.name): f"{node.module}:{alias.name}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    home = {
        name: place if ":" in place else f"{place}:{name}" for name, place in fullwell._HOME.items()
    }

    assert seen == home
    listed = {ast.unparse(n.targets[0]): n.value for n in tree.body if isinstance(n, ast.Assign)}
    assert isinstance(listed["__all__"], ast.List)  # mypy does not look behind an expression


@pytest.mark.slow
def test_mypy_knows_the_types_of_public_names(tmp_path: Path) -> None:
    names = ", ".join(n for n in PUBLIC if n != "__version__")
    program = tmp_path / "program.py"
    program.write_text(
        f"from fullwell import {names}\n"
        "name: str = camera_names()[0]\n"
        "well: float | None = camera(name).full_well_e\n"
        "wrong: int = Cfa.RGGB\n"
    )

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "pyproject.toml", program],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip

    (complaint,) = [line for line in done.stdout.splitlines() if "error:" in line]
    assert "program.py:4: error: Incompatible types in assignment" in complaint
    assert 'expression has type "Cfa"' in complaint


def test_the_package_says_that_it_is_typed_and_its_version() -> None:
    import importlib.metadata

    assert (ROOT / "fullwell" / "py.typed").is_file()
    assert fullwell.__version__ == importlib.metadata.version("fullwell")
