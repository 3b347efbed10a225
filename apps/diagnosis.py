"""What this machine has: versions, devices, codecs. No host name, user name or path."""

import importlib.metadata
import os
import platform

from isp.files.codecs import codec_facts

PACKAGES = (
    "fullwell", "torch", "numpy", "scipy", "numba", "rawpy", "tifffile", "imagecodecs", "OpenEXR",
    "OpenImageIO", "colour-science", "pillow", "pydantic", "typer", "matplotlib",
)  # fmt: skip
OPTIONAL = {
    "deploy": ("onnxruntime", "onnx", "onnxscript"),
    "gpu": ("onnxruntime-gpu",),
    "openvino": ("openvino",),
    "diffusion": ("diffusers", "transformers", "accelerate"),
    "charts": ("colour-checker-detection",),
    "codecs": ("pillow-heif", "pylibheif"),
    "scale": ("ray", "webdataset"),
}


def diagnose() -> dict[str, dict[str, str]]:
    """Facts in groups, each a name and a value to print."""
    return {
        "system": _system(),
        "packages": {name: _version(name) for name in PACKAGES},
        "extras": {
            f"{extra}: {name}": _version(name)
            for extra, names in OPTIONAL.items()
            for name in names
        },
        "devices": _devices(),
        "codecs": codec_facts(),
    }


def _system() -> dict[str, str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores allowed": str(cores),
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _devices() -> dict[str, str]:
    import torch

    devices = {"cpu": f"{torch.get_num_threads()} threads"}
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            devices[f"cuda:{index}"] = torch.cuda.get_device_name(index)
    else:
        devices["cuda"] = "not available"
    return devices
