"""Which integers hold the codes of a picture."""

import torch

CODES = {8: torch.uint8, 16: torch.uint16}
