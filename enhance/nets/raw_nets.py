"""The raw denoising networks by name: ours, those of the papers, and variants to compare."""

from collections.abc import Callable
from functools import partial
from types import MappingProxyType

from torch import nn

from enhance.nets.adaptive_residual import CHANNELS
from enhance.nets.linear_net import LinearNet
from enhance.nets.nafnet import NafNet
from enhance.nets.pyramid_net import PyramidNet
from enhance.nets.raw_net import RawNet
from enhance.nets.residual_unet import ResidualUNet
from enhance.nets.sid_unet import SidUNet
from enhance.nets.stabilised_net import CHANNELS_IN, StabilisedNet
from isp.core.errors import UsageError

Backbone = Callable[[int, int], nn.Module]

OURS: dict[str, Backbone] = {
    "fw-5k": partial(ResidualUNet, widths=(12,), rectified=True),
    "fw-100k": partial(ResidualUNet, widths=(16, 32, 48)),
    "fw-1m": partial(ResidualUNet, widths=(24, 48, 96, 160)),
}
OF_PAPERS: dict[str, Backbone] = {
    "sid-unet": SidUNet,
    "nafnet-1": partial(NafNet, encoder=(), middle=1, decoder=()),
    "nafnet-2": partial(NafNet, encoder=(2, 2, 4, 4), middle=12, decoder=(2, 2, 2, 2)),
}


# Levels of the pyramid that each of ours runs on; on one it sees what its backbone reaches.
LEVELS = {"fw-5k": 4, "fw-100k": 2, "fw-1m": 1}


def _stabilised(backbone: Backbone, levels: int = 1) -> RawNet:
    inner = backbone(CHANNELS_IN, CHANNELS)
    return StabilisedNet(inner) if levels == 1 else PyramidNet(inner, levels)


# What is built round each backbone; the name of a variant is the backbone's and this.
CONDITIONED: dict[str, Callable[[Backbone], RawNet]] = {
    "stabilised": _stabilised,
    "photon": LinearNet,
    "photon-capture": partial(LinearNet, takes_capture=True),
    "noise-map": partial(LinearNet, conditioning="noise_map"),
    "blind": partial(LinearNet, conditioning="none"),
    "plain": partial(LinearNet, conditioning="none", head="plain", clip_max=None),
}

# A backbone's own name is ours as we condition it, the papers' as ExposureDiffusion does.
RAW_NETS = MappingProxyType(
    {name: partial(_stabilised, OURS[name], levels) for name, levels in LEVELS.items()}
    | {name: partial(LinearNet, backbone) for name, backbone in OF_PAPERS.items()}
    | {
        f"{name}-{variant}": partial(build, backbone)
        for name, backbone in (OURS | OF_PAPERS).items()
        for variant, build in CONDITIONED.items()
        if variant != ("photon" if name in OF_PAPERS else "")
    }
    # What the adaptive residual layer is held against: its one head, and its other.
    | {
        f"fw-5k-photon-{head}": partial(LinearNet, OURS["fw-5k"], head=head)
        for head in ("plain", "direct")
    }
)


def raw_net(name: str) -> RawNet:
    """A new network of that name, its weights drawn as torch draws them.

    Raises UsageError for a name that is not in `RAW_NETS`.
    """
    if name not in RAW_NETS:
        raise UsageError(f'no raw network is called "{name}"; there are {", ".join(RAW_NETS)}')
    return RAW_NETS[name]()
