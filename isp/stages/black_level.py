"""Black level: DN of the file to linear light, black at 0 and sensor white at 1."""

from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.measured import white_dn
from isp.core.stage import Stage


def subtract_black(
    dn: Float[Tensor, "b 1 h w"],
    black_level_dn: Float[Tensor, "b s"],
    white_level_dn: Float[Tensor, "b"],
    cfa: Cfa,
) -> Float[Tensor, "b 1 h w"]:
    """(DN - black) / (white - black), each site with its own black level.

    black_level_dn: one value per site of the CFA period, row-major, DN.
    Negative values are noise around black and stay: clipping them would brighten the shadows.

    Source: DNG 1.7.1, BlackLevel and WhiteLevel; CONVENTIONS section 2, MOSAIC.
    """
    height, width = dn.shape[-2:]
    black = cfa.spread_sites(black_level_dn, height, width)
    return (dn - black) / (white_level_dn.reshape(-1, 1, 1, 1) - black)


class BlackLevel(Stage):
    """`subtract_black` with the levels of the frame's profile; white is where it saturates."""

    domain_in = Domain.RAW
    domain_out = Domain.MOSAIC

    def __init__(self, cfa: Cfa) -> None:
        super().__init__()
        self.cfa = cfa

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        profile = frame.need_profile()
        batch = frame.data.shape[0]
        black = profile.black_sites.to(frame.data.device).expand(batch, -1)
        white = white_dn(profile, frame.shot.iso).to(frame.data.device)
        return frame.data, black, white.expand(batch)

    def forward(
        self,
        dn: Float[Tensor, "b 1 h w"],
        black_level_dn: Float[Tensor, "b s"],
        white_level_dn: Float[Tensor, "b"],
    ) -> Float[Tensor, "b 1 h w"]:
        return subtract_black(dn, black_level_dn, white_level_dn, self.cfa)

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, list[float]]:
        return {"black_level_dn": inputs[1][0].tolist(), "white_level_dn": inputs[2].tolist()}
