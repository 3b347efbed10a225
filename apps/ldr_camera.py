"""The 8-bit camera: from a scene to an SDR picture and the linear truth it came from."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from apps.developing import develop
from apps.presets import fast_demosaic
from apps.simulating import SimulationRequest, exposed, facts_of_request, set_up
from apps.truth import truth_in_linear
from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.measured import code_masks, white_dn
from isp.core.response import Response
from isp.files.exr import write_exr
from isp.files.jpeg_bytes import decode_jpeg, encode_jpeg
from isp.files.picture import masks_path
from isp.files.safe_folder import safe_folder
from isp.files.safe_write import refuse_output
from isp.files.save import write
from simulate.ldr import photograph_ldr
from simulate.spectral import is_spectral

BT709 = Colour(primaries=PRIMARIES["bt709"])
PICTURES = (".png", ".jpg", ".jpeg")


def photograph_8bit(
    request: SimulationRequest,
    output: Path,
    response: Response,
    *,
    truth: Path | None = None,
    ev: float = 0.0,
    quality: int = 95,
    through_sensor: bool = True,
    masks: bool = True,
    force: bool = False,
    advance: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Photograph a scene with an 8-bit camera and write PNG or JPEG; returns the facts to report.

    truth: where to write the linear light (float32 EXR, noise-free and unclipped, 1.0 = the light
        at which the sensor is white). ev: stops by which the exposure time is multiplied.
    quality: of a JPEG. masks: write NAME.masks.png beside the picture.
    through_sensor: photograph with the sensor, develop to linear light, then the response; its
        noise is on or off as the request says. False puts the response on the light itself, as
        the data-set papers do: no noise, no mosaic.

    Raises FileError, ProfileError, UsageError, OutputError; nothing is written before all outputs
    are known to be allowed.
    """
    _refuse(output, truth, masks=masks, force=force)
    advance("scene")
    sensor, light = set_up(request)
    if is_spectral(light):
        raise UsageError(
            f"an 8-bit picture's truth is RGB light, but {request.scene} is spectral; write a raw "
            "and develop it"
        )
    advance("exposure")
    brighter = replace(request, exposure_time_s=request.exposure_time_s * 2.0**ev)
    expected = exposed(brighter, sensor, light)
    advance("sensor")
    raw = None
    if through_sensor:
        captured = request.noise
        raw = sensor.capture(expected, request.seed) if captured else sensor.expected_dn(expected)
    picture, linear = ldr_pair(light, expected, raw, response)
    advance("file")
    beside = output if truth is None else truth
    with (
        safe_folder(output.parent, force=force) as place,
        safe_folder(beside.parent, force=force) as other,
    ):
        lossy = output.suffix.lower() in PICTURES[1:]
        write(place / output.name, picture, quality=quality if lossy else None, masks=masks)
        if truth is not None:
            write_exr(other / truth.name, linear, half=False)
    return facts_of_request(brighter, sensor.profile, picture) | {
        "file": output.name,
        "noise": request.noise and through_sensor,
        "through_sensor": through_sensor,
        "ev": ev,
        "response": response.record(),
        "jpeg_quality": quality if output.suffix.lower() in PICTURES[1:] else None,
        "clipped_percent": 100 * float(picture.clipped.float().mean()),
        "measured_percent": 100 * float(picture.measured.float().mean()),
        "truth": None if truth is None else truth.name,
        "history": [[name, parameters] for name, parameters in picture.history],
    }


def ldr_pair(
    light: Frame, expected: Frame, raw: Frame | None, response: Response
) -> tuple[Frame, Frame]:
    """The 8-bit picture of a capture (SDR), and its truth (LINEAR): one scale, 1.0 = sensor white.

    light: the SCENE frame as it fell on the sensor, one pixel a photosite. expected: what
        `Sensor.expose` made of it. raw: what the sensor made of that; None puts the response on
        the truth itself.

    Raises FrameError when the frames do not belong together.
    """
    linear = linear_truth(light, expected)
    seen = linear if raw is None else developed_light(raw)
    return photograph_ldr(seen, response), linear


def linear_truth(light: Frame, expected: Frame) -> Frame:
    """Expected light as LINEAR BT.709, noise-free and unclipped: 1.0 = the sensor's white.

    A monochrome sensor's truth is what each photosite expects, grey.

    Raises FrameError for a batch, for frames of two sizes, and when the sensor did not expose
    the frame.
    """
    if len(light.data) != 1 or light.size != expected.size:
        raise FrameError(
            f"the truth needs one scene of the sensor's size {expected.size}, but "
            f"{len(light.data)} of {light.size} came"
        )
    profile = expected.need_profile()
    if profile.cfa.channels == ("Y",):
        gain = profile.at_iso(expected.shot.need("iso")).system_gain_dn_per_e
        range_dn = white_dn(profile, expected.shot.iso) - min(profile.black_level_dn)
        pixels = (expected.data.double() * (gain / range_dn).double()).expand(-1, 3, -1, -1)
    else:
        values = truth_in_linear(light, expected)
        pixels = torch.from_numpy(np.ascontiguousarray(np.moveaxis(values, -1, 0)))[None]
    return expected.advance(
        "truth", {"one_is": "white of the sensor"},
        data=pixels.float(), domain=Domain.LINEAR, colour=BT709,
    )  # fmt: skip


def developed_light(raw: Frame) -> Frame:
    """A raw as LINEAR BT.709 light, 1.0 = the sensor's white, without exposure or tone.

    By `fast_demosaic`: a simulated camera makes many pictures. Masks are the raw's, spread by it.
    """
    target = (("colour_matrix", "target", "bt709"),)
    demosaic = fast_demosaic(raw.need_profile().cfa)
    return develop(raw, preset="hdr_linear", settings=target, demosaic=demosaic)


def jpeg_round_trip(picture: Frame, quality: int, chroma: str = "4:4:4") -> Frame:
    """A picture as a JPEG gives it back: SDR to SDR, 8 bit.

    What had not been measured stays so; codes that come back as 0 or 255 join it.

    Raises DomainError for another domain, UsageError for another quality or sampling.
    """
    if picture.domain is not Domain.SDR:
        raise DomainError(f"a JPEG holds SDR codes, but the frame is {picture.domain.name}")
    images = []
    for image in picture.data:
        code = torch.round(255 * image.double().clamp(0, 1)).byte().permute(1, 2, 0)
        back = decode_jpeg(encode_jpeg(code.cpu().numpy(), quality, chroma))
        images.append(torch.from_numpy(back).permute(2, 0, 1))
    code = (torch.stack(images).double() / 255).float().to(picture.data.device)
    measured, clipped = code_masks(code)
    stored = {"quality": quality, "chroma": chroma}
    return replace(
        picture.advance("jpeg", stored, data=code),
        measured=picture.measured & measured,
        clipped=picture.clipped | clipped,
    )


def _refuse(output: Path, truth: Path | None, *, masks: bool, force: bool) -> None:
    if output.suffix.lower() not in PICTURES:
        raise UsageError(f"{output}: an 8-bit camera writes {', '.join(PICTURES)}")
    if truth is not None and truth.suffix.lower() != ".exr":
        raise UsageError(f"{truth}: the truth is linear light, written as .exr")
    refuse_output(output, force=force)
    if masks:
        refuse_output(masks_path(output), force=force)
    if truth is not None:
        refuse_output(truth, force=force)
