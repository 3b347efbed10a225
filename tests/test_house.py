"""The architecture holds: what lives where, who imports whom, and which names are public."""

import ast
import hashlib
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import fullwell
from apps.recipes import STAGES
from isp.core.stage import Stage

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("fullwell", "isp", "simulate", "enhance", "calibration", "apps")

# From the bottom up; rooms of one line are peers, and none imports another.
LAYERS = (
    ("isp.core",),
    ("isp.files",),
    ("simulate", "isp.stages", "isp.merge", "enhance", "calibration"),
    ("isp.fused",),
    ("apps",),
    ("fullwell",),
)
IMAGE_LIBRARIES = {"rawpy", "tifffile", "OpenEXR", "imagecodecs", "OpenImageIO", "PIL", "cv2"}
RUNTIMES = {"onnxruntime", "openvino", "tensorrt"}
HEAVY = ("torch", "colour", "numba", "scipy.stats", "matplotlib", "diffusers")
ABSENT_IN_TRAINING = (
    "rawpy", "OpenEXR", "imagecodecs", "OpenImageIO", "colour", "pydantic", "tifffile", "beartype",
    "diffusers",
)  # fmt: skip
NO_NAMES = {
    "util", "utils", "common", "helper", "helpers", "base", "types", "registry", "constants",
    "misc", "manager", "handler", "processor", "new", "v2", "my", "do", "data", "temp", "final",
}  # fmt: skip
SAMPLERS = {
    "rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "poisson",
    "bernoulli", "normal", "multinomial", "uniform_", "normal_", "exponential_", "bernoulli_",
}  # fmt: skip
LONG, TOO_LONG = 300, 330
ONE_FILE_ON_PURPOSE = ROOT / "apps/deploy/runtime.py"  # the whole of a bundle's run.py

# Files whose behaviour another test file shows: source, that file, why.
ACCOUNT = ("tests/apps/bench/denoising/test_account.py", "a part of the account's page")
TESTED_ELSEWHERE: dict[str, tuple[str, str]] = {
    f"apps/bench/denoising/{name}.py": ACCOUNT
    for name in ("fixed_noise", "highlights", "mismatch", "opening", "ratio_curve",
                 "ratios_outside", "refinement", "shipped_scores", "tables")
} | {
    f"apps/bench/deployment/{name}.py": (
        "tests/apps/bench/deployment/test_page.py", "words of the page, and its command"
    )
    for name in ("opening", "__main__")
}  # fmt: skip


def sources(*folders: str) -> list[Path]:
    return sorted(p for folder in folders for p in (ROOT / folder).rglob("*.py"))


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a file imports, inside functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def layer_of(module: str) -> tuple[int, str] | None:
    for height, rooms in enumerate(LAYERS):
        for room in rooms:
            if module == room or module.startswith(f"{room}."):
                return height, room
    return None


def said(findings: list[str], advice: str) -> str:
    return "\n".join([*findings, f"-> {advice}"])


def test_every_file_opens_with_one_line_that_says_what_it_is() -> None:
    wrong = []
    for path in sources(*PACKAGES, "tests"):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        says = (ast.get_docstring(tree(path)) or "").partition("\n")[0]
        if not first.startswith('"""') or not says.endswith("."):
            wrong.append(label(path))

    assert not wrong, said(wrong, "begin it with a one-line docstring that ends in a full stop")


def test_imports_point_down_the_layers() -> None:
    wrong = []
    for path in sources(*PACKAGES):
        here = layer_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for line, name in imports(path):
            there = layer_of(name)
            if here and there and here[1] != there[1] and there[0] >= here[0]:
                wrong.append(f"{label(path)}:{line} ({here[1]}) imports {name}")

    assert not wrong, said(wrong, "move what both need down (isp.core), or wire them in apps")


def test_imports_are_absolute_and_annotations_are_real() -> None:
    wrong = [
        f"{label(path)}:{node.lineno}"
        for path in sources(*PACKAGES, "tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and (node.level or node.module == "__future__")
    ]

    assert not wrong, said(wrong, "import from the top, and without __future__ (jaxtyping)")


@pytest.mark.parametrize(
    ("libraries", "rooms"),
    [(IMAGE_LIBRARIES, ("isp/files/",)), (RUNTIMES, ("apps/deploy/", "apps/bench/"))],
    ids=["image libraries", "inference runtimes"],
)
def test_only_their_rooms_import_these_libraries(
    libraries: set[str], rooms: tuple[str, ...]
) -> None:
    wrong = [
        f"{label(path)}:{line} imports {name}"
        for path in sources(*PACKAGES)
        for line, name in imports(path)
        if name.partition(".")[0] in libraries and not label(path).startswith(rooms)
    ]

    assert not wrong, said(wrong, f"call a function of {' or '.join(rooms)} instead")


def test_no_package_draws_from_a_global_generator() -> None:
    wrong = []
    for path in sources(*PACKAGES):
        if label(path).startswith("apps/train/"):
            continue
        wrong += [f"{label(path)}:{n}" for n, name in imports(path) if name.startswith("random")]
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Attribute):
                continue
            text = ast.unparse(node)
            if re.match(r"(np|numpy)\.random\.|torch\.(cuda\.)?(manual_seed|seed)\b", text):
                wrong.append(f"{label(path)}:{node.lineno} {text}")
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner, name = ast.unparse(node.func.value), node.func.attr
                draws = name in SAMPLERS and (owner == "torch" or name.endswith("_"))
                if draws and "generator" not in {k.arg for k in node.keywords}:
                    wrong.append(f"{label(path)}:{node.lineno} {ast.unparse(node.func)}")

    assert not wrong, said(wrong, "take keyed draws (isp.core.rng) as an argument")


def test_nothing_but_apps_prints() -> None:
    wrong = [
        f"{label(path)}:{node.lineno}"
        for path in sources(*(p for p in PACKAGES if p != "apps"))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    ]

    assert not wrong, said(wrong, "return it, or raise; apps says it to the user")


def modules_in(*packages: str) -> list[ModuleType]:
    found = []
    for package in packages:
        root = importlib.import_module(package)
        found.append(root)
        names = [info.name for info in pkgutil.walk_packages(root.__path__, f"{package}.")]
        found += [importlib.import_module(name) for name in names]
    return found


def stages_in(*packages: str) -> list[type[Stage]]:
    return [
        cls
        for module in modules_in(*packages)
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, Stage) and cls is not Stage and cls.__module__ == module.__name__
    ]


def test_every_stage_has_two_domains_and_never_goes_back() -> None:
    stages = stages_in("isp.stages", "enhance")
    wrong = [
        f"{cls.__module__}.{cls.__name__}"
        for cls in stages
        if not hasattr(cls, "domain_in")
        or not hasattr(cls, "domain_out")
        or cls.domain_out < cls.domain_in
    ]

    assert stages
    assert not wrong, said(wrong, "set domain_in and domain_out, the second not before the first")


def test_every_stage_is_in_the_table_the_contract_test_and_the_benchmark() -> None:
    ours = stages_in("isp.stages", "enhance")
    wrong = [f"{c.__module__}.{c.__name__}" for c in ours if c not in STAGES.values()]
    wrong += [f"{key} is {c.__name__}" for key, c in STAGES.items() if c not in ours]
    contract = (ROOT / "tests/stage_cases.py").read_text(encoding="utf-8")
    bench = (ROOT / "tests/bench/test_bench_isp.py").read_text(encoding="utf-8")

    assert not wrong, said(wrong, "put it into STAGES of apps/recipes.py, or take it out")
    assert "in SLOW_EXPORTS) for key in STAGES" in contract, "tests/stage_cases.py must take STAGES"
    assert 'parametrize("key", STAGES)' in bench, "tests/bench/test_bench_isp.py must take STAGES"


def test_every_source_file_has_its_test_file() -> None:
    wrong = []
    for path in sources(*(p for p in PACKAGES if p != "fullwell")):
        name = label(path)
        mirror = ROOT / "tests" / path.relative_to(ROOT).with_name(f"test_{path.name}")
        elsewhere = TESTED_ELSEWHERE.get(name)
        if path.name == "__init__.py" or (mirror.exists() and elsewhere is None):
            continue
        if elsewhere is None:
            wrong.append(f"{name} has no {label(mirror)}")
        elif mirror.exists() or not (ROOT / elsewhere[0]).is_file() or not elsewhere[1]:
            wrong.append(f"{name}: its line in TESTED_ELSEWHERE is out of date")
    wrong += [
        f"{name} is not there any more" for name in TESTED_ELSEWHERE if not (ROOT / name).is_file()
    ]

    assert not wrong, said(wrong, "write the test, or a line with a reason in TESTED_ELSEWHERE")


def test_every_golden_file_is_in_the_index_with_checksum_and_origin() -> None:
    folder = ROOT / "tests/golden"
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    files.pop("index.json")

    assert sorted(index) == sorted(files), "tests/golden/index.json must list the files beside it"
    for name, path in files.items():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert index[name]["sha256"] == digest, f"tests/golden/{name} changed: say why in origin"
        assert index[name]["origin"], f"tests/golden/{name}: say how it was made"


def test_public_names_are_the_listed_ones_and_all_load() -> None:
    listed = (ROOT / "tests/public_names.txt").read_text(encoding="utf-8").split()

    assert sorted(fullwell.__all__) == listed, (
        "a change of the public face is a decision: change tests/public_names.txt with it"
    )
    for name in listed:
        assert getattr(fullwell, name) is not None, f"fullwell.{name} does not load"


def in_fresh_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "start",
    ["import fullwell; dir(fullwell)", "from apps.cli.main import run; run(['--help'])"],
    ids=["import fullwell", "fullwell --help"],
)
def test_starting_imports_nothing_heavy(start: str) -> None:
    code = f"import sys; {start}; print(*[m for m in {HEAVY} if m in sys.modules], sep=',')"

    loaded = in_fresh_python(code).splitlines()[-1]

    assert loaded == "", f"{start} imports {loaded}: import it inside the function that needs it"


def test_training_code_imports_where_readers_and_checkers_are_missing() -> None:
    code = f"""
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({ABSENT_IN_TRAINING}))
for name in ("isp.core", "isp.stages", "isp.fused", "simulate", "enhance", "apps.train"):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        importlib.import_module(module.name)
from isp.files.profile import load_profile
assert load_profile("GenericPhone").bit_depth == 10
"""

    in_fresh_python(code)


def test_no_file_is_named_by_a_word_that_marks_a_missing_idea() -> None:
    wrong = [
        label(path)
        for path in sources(*PACKAGES, "tests")
        for word in re.split(r"[_.]", path.stem.removeprefix("test_"))
        if word in NO_NAMES
    ]

    assert not wrong, said(wrong, "name it by what it holds (STYLE, section 3)")


def test_no_source_file_is_longer_than_one_concept() -> None:
    lengths = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in sources(*PACKAGES)}
    del lengths[ONE_FILE_ON_PURPOSE]
    long = [f"{label(p)} has {n} lines" for p, n in lengths.items() if n > LONG]
    print(*long, sep="\n")  # shown by -rP

    assert max(lengths.values()) <= TOO_LONG, said(long, "split it by concept")


def test_files_to_be_committed_name_no_machine_and_no_package_index() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: no list of files")
    place = re.compile(r"(?<![\w./])/(?:root|home|work|Users)/\w|\b[A-Z]:\\\\?Users")
    index = re.compile(
        r"(?:extra-)?index-url|find-links *=|https?://[^\s/]*(?:pypi|pythonhosted|mirror|registry)"
    )
    wrong = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path == Path(__file__) or not path.is_file() or b"\0" in path.read_bytes()[:8192]:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if place.search(line) or index.search(line):
                wrong.append(f"{name}:{number}: {line.strip()[:80]}")

    assert not wrong, said(wrong, "write paths from the repository's root, and leave hosts out")
