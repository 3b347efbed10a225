"""Frames and small files that several tests of this folder write."""

import struct
import zlib
from pathlib import Path

import torch

from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import ColourMatrixEntry, SensorProfile
from isp.core.shot import Shot

XYZ_TO_CAMERA_A = ((0.7546, -0.1435, -0.0929), (-0.3846, 1.1488, 0.2692), (-0.0332, 0.1209, 0.637))
XYZ_TO_CAMERA_D65 = (
    (0.7034, -0.0804, -0.1014),
    (-0.442, 1.2564, 0.2058),
    (-0.0851, 0.1994, 0.5758),
)


def camera(
    cfa: Cfa = Cfa.RGGB, bit_depth: int = 12, black: tuple[float, ...] | None = None
) -> SensorProfile:
    """A sensor with two matrices and one reading at ISO 400."""
    sites = cfa.period[0] * cfa.period[1]
    return SensorProfile(
        name="test camera",
        cfa=cfa,
        bit_depth=bit_depth,
        black_level_dn=black or tuple(60.0 for _ in range(sites)),
        white_level_dn=2.0**bit_depth - 1,
        readings=(Reading(iso=400.0, system_gain_dn_per_e=0.8, read_noise_e=2.5),),
        colour_matrices=(
            ColourMatrixEntry(illuminant="D65", xyz_to_camera=XYZ_TO_CAMERA_D65),
            ColourMatrixEntry(illuminant="A", xyz_to_camera=XYZ_TO_CAMERA_A),
        ),
    )


def raw_frame(profile: SensorProfile, height: int = 40, width: int = 61) -> Frame:
    """Every DN of the bit depth may occur; shot at ISO 400, 1/60 s, f/2.8."""
    generator = torch.Generator().manual_seed(11)
    top = 2**profile.bit_depth
    dn = torch.randint(0, top, (1, 1, height, width), generator=generator).float()
    dn[..., 0, 0], dn[..., 0, 1] = 0, top - 1
    shot = Shot.single(
        iso=400.0, exposure_time_s=1 / 60, f_number=2.8, white_balance=(2.0, 1.0, 1.5)
    )
    return Frame.start(dn, Domain.RAW, shot=shot, profile=profile)


def linear_frame(height: int = 12, width: int = 17) -> Frame:
    """Light of 0..8 in BT.709, with masks that differ from each other."""
    generator = torch.Generator().manual_seed(12)
    light = 8 * torch.rand(1, 3, height, width, generator=generator)
    clipped = torch.rand(1, 1, height, width, generator=generator) > 0.7
    generated = torch.rand(1, 1, height, width, generator=generator) > 0.5
    return Frame.start(light, Domain.LINEAR, colour=Colour(), clipped=clipped, generated=generated)


def sdr_frame(height: int = 12, width: int = 17, orientation: int = 1) -> Frame:
    """Codes of 0..1 with masks that differ from each other."""
    linear = linear_frame(height, width)
    return Frame.start(
        linear.data / 8,
        Domain.SDR,
        shot=Shot.single(orientation=orientation),
        colour=Colour(transfer="srgb"),
        clipped=linear.clipped,
        generated=linear.generated,
    )


def png_header(path: Path, width: int, height: int) -> Path:
    """Write a PNG that claims a size and holds no pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)

    header = struct.pack(">2I5B", width, height, 16, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) +
        chunk(b"IEND", b"")
    )  # fmt: skip
    return path
