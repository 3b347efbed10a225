"""A diagnosis says what is installed, and nothing about whose machine it is."""

import getpass
import importlib.metadata
import json
import platform
import socket
from pathlib import Path

import torch

from apps.diagnosis import OPTIONAL, PACKAGES, diagnose

FOUND = diagnose()


def test_versions_are_those_that_are_installed() -> None:
    assert FOUND["packages"].keys() == set(PACKAGES)
    for name, version in FOUND["packages"].items():
        assert version == importlib.metadata.version(name)


def test_an_extra_that_is_missing_is_said_to_be_missing() -> None:
    assert FOUND["extras"].keys() == {f"{e}: {n}" for e, names in OPTIONAL.items() for n in names}
    # Names are compared as PEP 503 says: some packages call themselves pillow_heif.
    names = (d.metadata["Name"] for d in importlib.metadata.distributions())
    installed = {name.lower().replace("_", "-") for name in names}
    for label, version in FOUND["extras"].items():
        name = label.split(": ")[1]
        assert (version == "not installed") is (name.lower() not in installed)


def test_the_system_and_its_devices_are_named() -> None:
    assert FOUND["system"]["python"] == platform.python_version()
    assert FOUND["devices"]["cpu"] == f"{torch.get_num_threads()} threads"
    assert ("cuda" in FOUND["devices"]) is not torch.cuda.is_available()


def test_codecs_are_those_of_the_libraries() -> None:
    import OpenEXR
    import rawpy

    assert FOUND["codecs"]["LibRaw"] == ".".join(map(str, rawpy.libraw_version))
    assert FOUND["codecs"]["OpenEXR"] == OpenEXR.__version__


def test_no_host_user_or_path_is_in_it() -> None:
    said = json.dumps(FOUND)

    assert socket.gethostname() not in said
    assert str(Path.home()) not in said
    assert getpass.getuser() not in said.split('"')
