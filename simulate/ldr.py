"""The 8-bit camera: linear light, clipped, through a response curve, to whole codes; and back."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.measured import code_masks
from isp.core.response import Response
from isp.core.rng import Draws, Effect, normal

BIT_DEPTHS = range(2, 17)
SLACK = 5e-8  # of full scale: the two pieces of sRGB meet within 3e-8, arithmetic is far below
OFF_CODE = 1e-3  # of a code: float32 holds code / 65535 to 0.004 codes of 16 bits, 8 bits to 2e-5

# HDRCNN's camera curves: N(mean, deviation) of beta and gamma, and the clamps of its code. Beta
# stops at 0.01 and not at 0, where every light but none would be white.
BETA, GAMMA = (0.6, 0.1, 0.01, 5.0), (0.9, 0.1, 0.2, 2.5)


def to_codes(
    exposure: Float[Tensor, "b 3 h w"], response: Response, bit_depth: int = 8
) -> Float[Tensor, "b 3 h w"]:
    """Whole codes, rint((2^bits - 1) response(min(x, 1))), of relative exposure x.

    exposure: linear light, 1 = white of the sensor; negative values (colours outside the gamut,
        noise below black) give code 0. Rounds half to even; computed in float64.

    Raises UsageError for a bit depth outside 2..16.

    Source: METHODS 4.2; CONVENTIONS section 1.5.

    >>> to_codes(torch.full((1, 3, 1, 1), 0.25), Response.power(2.0)).flatten().tolist()
    [128.0, 128.0, 128.0]
    """
    return torch.round(_last_code(bit_depth) * response.encode(exposure.double())).float()


def photograph_ldr(
    light: Frame, response: Response, *, ev: float = 0.0, bit_depth: int = 8
) -> Frame:
    """Photograph linear light with an 8-bit camera: code / largest code, as SDR.

    light: SCENE or LINEAR of three channels, 1.0 = white of the sensor at ev 0. Noiseless light
        gives the pairs of the data-set papers; a sensor's developed LINEAR frame brings its noise
        and its masks along.
    ev: stops by which the light is brightened first.

    A pixel is measured when it was and no channel has the lowest or the highest code. The codes
    are signalled as sRGB, as cameras do whatever their curve is; the curve is in the history.

    Raises DomainError, FrameError (NaN or infinite light), UsageError.
    """
    if light.domain not in (Domain.SCENE, Domain.LINEAR) or light.data.shape[1] != 3:
        raise DomainError(
            f"an 8-bit camera takes linear RGB light (SCENE or LINEAR), but the frame is "
            f"{light.domain.name} with {light.data.shape[1]} channels"
        )
    if not bool(torch.isfinite(light.data).all()):
        raise FrameError("the light holds NaN or infinite values")
    if not math.isfinite(ev):
        raise UsageError(f"ev is a finite number of stops, not {ev}")
    last = _last_code(bit_depth)
    exposure = light.data.double() * 2.0**ev
    code = to_codes(exposure, response, bit_depth) / last
    measured, clipped = code_masks(code)
    primaries = (light.colour or Colour()).primaries
    clips = int((exposure > 1).sum())
    return light.advance(
        "photograph_ldr",
        {"response": response.name, "ev": ev, "bit_depth": bit_depth, "clipped_values": clips},
        data=code,
        domain=Domain.SDR,
        colour=Colour(primaries=primaries, transfer="srgb"),
        measured=light.measured & measured,
        clipped=light.clipped | clipped,
    )


def linearise(
    picture: Frame, response: Response, *, bit_depth: int = 8
) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, "b 3 h w"]]:
    """Relative exposure of each code, and how far the true one can be from it.

    The exposures that give code c are those from decode(c - 1/2) to decode(c + 1/2); the result
    is their middle and half their width, so that no estimate has a smaller worst case and
    |true - linear| <= half width always holds (float32 rounding included). Where the curve is
    flat the interval holds the whole flat part. Code 0 is taken for light of at least 0; the
    highest code has no upper end: 1 with an infinite half width. Compression (JPEG) moves codes,
    and then the bound does not hold.

    picture: SDR of `photograph_ldr`, or an uncompressed file of such codes.

    Raises DomainError, FrameError for values that are not whole codes.
    """
    if picture.domain is not Domain.SDR:
        raise DomainError(f"only SDR codes are linearised, but the frame is {picture.domain.name}")
    last = _last_code(bit_depth)
    scaled = picture.data.double() * last
    code = torch.round(scaled)
    if not bool(((scaled - code).abs() <= OFF_CODE * last / 255).all()):
        raise FrameError(
            f"the picture holds values between codes of {bit_depth} bits; only codes as the camera "
            "stored them have an error bound"
        )
    low, high = response.interval(code / last, 0.5 / last + SLACK)
    open_ended = torch.isinf(high)
    linear = torch.where(open_ended, 1.0, (low + high) / 2).float()
    half = torch.maximum(high - linear.double(), linear.double() - low)
    upwards = torch.nextafter(half.float(), half.new_tensor(float("inf")).float())
    return linear, torch.where(open_ended, float("inf"), upwards)


def sampled_sigmoids(seed: int, item: Int[Tensor, "b"]) -> list[Response]:
    """A camera curve for each data-set item, `Response.sigmoid` with HDRCNN's distribution.

    beta ~ N(0.6, 0.1) and gamma ~ N(0.9, 0.1), clamped; keyed on (seed, item).

    Source: METHODS 4.2; the training code of Eilertsen et al., ACM TOG 36(6), 2017 (HDRCNN).
    """
    draws = Draws(seed=seed, effect=Effect.AUGMENTATION, sensor="ldr", item=item)
    words = draws.words(1, 2).reshape(-1, 2)
    deviates = normal(words)
    curves = []
    for beta, gamma in deviates.tolist():
        numbers = (
            min(max(mean + spread * z, low), high)
            for z, (mean, spread, low, high) in ((beta, BETA), (gamma, GAMMA))
        )
        curves.append(Response.sigmoid(*numbers))
    return curves


def _last_code(bit_depth: int) -> int:
    if bit_depth not in BIT_DEPTHS:
        raise UsageError(f"codes have 2 to 16 bits, but {bit_depth} were asked for")
    return int(2**bit_depth - 1)
