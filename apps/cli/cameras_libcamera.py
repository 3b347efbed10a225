"""fullwell cameras from-libcamera, to-libcamera: tuning files of the Raspberry Pi."""

from pathlib import Path
from typing import Annotated

import typer

Force = Annotated[bool, typer.Option("--force", help="Replace an existing output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing.")]


def from_libcamera(
    tuning: Annotated[Path, typer.Argument(help="A libcamera tuning file, version 2.")],
    output: Annotated[Path, typer.Argument(metavar="OUT.json", help="The profile to write.")],
    bits: Annotated[int, typer.Option(min=1, max=16, help="Bits of the sensor's converter.")],
    cfa: Annotated[str, typer.Option(help="Pattern: RGGB, BGGR …")] = "RGGB",
    name: Annotated[str | None, typer.Option(help="The sensor's name; else the file's.")] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Make a sensor profile of a tuning file; all that it holds is kept for the way back."""
    from apps.camera_template import notes
    from isp.files.libcamera_profile import profile_from_tuning
    from isp.files.libcamera_tuning import read_tuning
    from isp.files.profile import save_profile

    profile = profile_from_tuning(
        read_tuning(tuning), bit_depth=bits, cfa=cfa, name=name or tuning.stem
    )
    save_profile(profile, output, force=force)
    if not quiet:
        print(f"{output}: written; what the tuning did not say:")
        print(*(f"  {line}" for line in notes(profile)), sep="\n")


def to_libcamera(
    camera: Annotated[str, typer.Argument(help="A profile that was made of a tuning file.")],
    output: Annotated[Path, typer.Argument(metavar="OUT.json", help="The tuning file to write.")],
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write a tuning file again, with what was changed in the profile and all else as it was."""
    from isp.core.errors import ProfileError
    from isp.files.libcamera_writing import write_tuning
    from isp.files.profile import load_profile

    profile = load_profile(camera)
    try:
        write_tuning(output, profile, force=force)
    except ProfileError as error:  # which knows the sensor's name, not its file's
        raise ProfileError(f"{camera}: {error}") from error
    if not quiet:
        print(f"{output}: written")
