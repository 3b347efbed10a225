"""A bundle's folder is written whole or not at all, and nothing of a user's is lost."""

import hashlib
import json
from pathlib import Path

import pytest

from apps.deploy import runtime
from apps.deploy.bundle import checked_output, write_bundle
from isp.core.errors import OutputError

GRAPHS = {"00-a.onnx": b"graph"}


def made(name: str) -> dict[str, str]:
    return {"format": "fullwell-bundle", "name": name}


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_file_is_there_with_its_hash_and_the_runner_is_ours(tmp_path: Path) -> None:
    whole = write_bundle(tmp_path / "b", made("a"), GRAPHS, {"name": "camera"})

    assert listed(tmp_path / "b") == ["00-a.onnx", "manifest.json", "profile.json", "run.py"]
    assert json.loads((tmp_path / "b" / "manifest.json").read_text()) == whole
    for name, entry in whole["files"].items():
        content = (tmp_path / "b" / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert (tmp_path / "b" / "run.py").read_bytes() == Path(runtime.__file__).read_bytes()
    assert listed(tmp_path) == ["b"]


def test_a_bundle_is_replaced_only_when_forced(tmp_path: Path) -> None:
    write_bundle(tmp_path / "b", made("a"), GRAPHS, {})

    with pytest.raises(OutputError, match="--force"):
        write_bundle(tmp_path / "b", made("c"), {"00-c.onnx": b""}, {})
    write_bundle(tmp_path / "b", made("c"), {"00-c.onnx": b""}, {}, force=True)

    assert listed(tmp_path / "b") == ["00-c.onnx", "manifest.json", "profile.json", "run.py"]
    assert listed(tmp_path) == ["b"]


def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo.jpg").write_text("dear")

    with pytest.raises(OutputError, match="no bundle"):
        checked_output(tmp_path / "holiday", force=True)
    (tmp_path / "note.txt").write_text("dear")
    with pytest.raises(OutputError, match="a bundle is a folder"):
        checked_output(tmp_path / "note.txt", force=True)
    with pytest.raises(OutputError, match="not there"):
        checked_output(tmp_path / "none" / "b", force=True)
    checked_output(tmp_path / "new", force=False)


@pytest.mark.parametrize("own", ["picture.png", "sub"])
def test_a_users_own_file_in_a_bundles_folder_is_not_lost(tmp_path: Path, own: str) -> None:
    write_bundle(tmp_path / "b", made("a"), GRAPHS, {})
    (tmp_path / "b" / own).mkdir()

    with pytest.raises(OutputError, match=f"it holds {own}, which is not the bundle's"):
        checked_output(tmp_path / "b", force=True)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [('{"name": "My web app"}', "no bundle's"), ("{", "no bundle to replace")],
)
def test_another_programmes_manifest_makes_no_bundle(
    tmp_path: Path, manifest: str, said: str
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "manifest.json").write_text(manifest)

    with pytest.raises(OutputError, match=said):
        checked_output(tmp_path / "site", force=True)


def test_what_cannot_be_written_leaves_the_old_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bundle(tmp_path / "b", made("a"), GRAPHS, {})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("apps.deploy.bundle.os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_bundle(tmp_path / "b", made("c"), {"00-c.onnx": b""}, {}, force=True)

    assert listed(tmp_path) == ["b"]
    assert "00-a.onnx" in listed(tmp_path / "b")
