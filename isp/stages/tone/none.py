"""No tone curve: linear light as it is, so that the display encoding clips above white."""

from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.stage import Stage


class NoTone(Stage):
    """Leaves linear light alone; the default, since it is what the sensor saw."""

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def forward(self, linear: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        return linear.clone()
