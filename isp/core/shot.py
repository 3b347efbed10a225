"""One exposure's numbers: what the photographer set and what the camera noted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from isp.core.errors import FrameError

KNOWN = ("exposure_time_s", "f_number", "iso", "white_balance", "baseline_exposure_ev")
TENSORS = (*KNOWN, "frame_number", "item")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shot:
    """Per-image tensors of a batch of b images; None where nobody knows.

    exposure_time_s, f_number, iso: (b,).
    white_balance: (b, 3) multipliers R, G, B with green at 1.
    baseline_exposure_ev: (b,) stops by which the file asks a picture to be brightened.
    frame_number, item: (b,) integers that key the temporal draws (frame within a burst,
        data-set item).
    body: number of the camera body, which keys the fixed patterns; one per batch.
    orientation: EXIF code, 1 = as stored.
    time: when it was taken, as the file says.
    tags: what else the file said, opaque plain values that a DNG written later gives back; of one
        image, and empty where images of several files make a batch.
    """

    exposure_time_s: Float[Tensor, "b"] | None = None
    f_number: Float[Tensor, "b"] | None = None
    iso: Float[Tensor, "b"] | None = None
    white_balance: Float[Tensor, "b 3"] | None = None
    baseline_exposure_ev: Float[Tensor, "b"] | None = None
    frame_number: Int[Tensor, "b"] = field(
        default_factory=lambda: torch.zeros(1, dtype=torch.int64)
    )
    item: Int[Tensor, "b"] = field(default_factory=lambda: torch.zeros(1, dtype=torch.int64))
    body: int = 0
    orientation: int = 1
    time: str | None = None
    tags: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def single(
        *,
        exposure_time_s: float | None = None,
        f_number: float | None = None,
        iso: float | None = None,
        white_balance: tuple[float, float, float] | None = None,
        baseline_exposure_ev: float | None = None,
        **rest: Any,
    ) -> "Shot":
        """Make the shot of one image from plain numbers.

        >>> Shot.single(iso=400, exposure_time_s=1 / 60).iso
        tensor([400.])
        """

        def lift(value: float | None) -> Tensor | None:
            return None if value is None else torch.tensor([float(value)])

        balance = None if white_balance is None else torch.tensor([list(white_balance)]).float()
        return Shot(
            exposure_time_s=lift(exposure_time_s),
            f_number=lift(f_number),
            iso=lift(iso),
            white_balance=balance,
            baseline_exposure_ev=lift(baseline_exposure_ev),
            **rest,
        )

    def for_batch(self, batch: int) -> "Shot":
        """Repeat single-image values over a batch, and number its items from 0 up.

        Raises FrameError when a tensor has neither 1 nor `batch` rows.
        """
        changes: dict[str, Any] = {}
        for name in (*KNOWN, "frame_number"):
            value = getattr(self, name)
            if value is not None and value.shape[0] != batch:
                changes[name] = _repeat(name, value, batch)
        if self.item.shape[0] != batch:
            start = _repeat("item", self.item, batch)
            changes["item"] = start + torch.arange(batch, device=start.device)
        return replace(self, **changes)

    def select(self, rows: slice) -> "Shot":
        """Return the shot of some images of the batch."""
        values = {name: getattr(self, name) for name in TENSORS}
        return replace(self, **{n: v[rows] for n, v in values.items() if v is not None})

    def to(self, device: torch.device | str) -> "Shot":
        """Return the shot with its tensors on a device."""
        values = {name: getattr(self, name) for name in TENSORS}
        return replace(self, **{n: v.to(device) for n, v in values.items() if v is not None})

    def need(self, name: str) -> Tensor:
        """Return a value that must be known.

        Raises FrameError naming it when it is not.
        """
        value: Tensor | None = getattr(self, name)
        if value is None:
            raise FrameError(f"the shot's {name} is not known, and it is needed here")
        return value

    @staticmethod
    def from_record(values: dict[str, Any]) -> "Shot":
        """Make the shot that `record` wrote.

        Raises KeyError, TypeError or ValueError for values that it did not write.
        """
        known = {
            name: torch.tensor(values[name], dtype=torch.float32)
            for name in KNOWN
            if values.get(name) is not None
        }
        counted = {n: torch.tensor(values[n], dtype=torch.int64) for n in ("frame_number", "item")}
        for name, value in (known | counted).items():
            if value.ndim != (2 if name == "white_balance" else 1) or value.numel() == 0:
                raise ValueError(f"{name} has the shape {list(value.shape)}")
        return Shot(
            **known, **counted, body=int(values["body"]), orientation=int(values["orientation"]),
            time=values["time"], tags=dict(values.get("tags", {})),
        )  # fmt: skip

    def record(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        values = {name: getattr(self, name) for name in TENSORS}
        plain: dict[str, Any] = {n: None if v is None else v.tolist() for n, v in values.items()}
        return plain | {"body": self.body, "orientation": self.orientation, "time": self.time}


def _repeat(name: str, value: Tensor, batch: int) -> Tensor:
    if value.shape[0] != 1:
        raise FrameError(f"shot {name} has {value.shape[0]} rows, but the batch has {batch}")
    return value.expand(batch, *value.shape[1:]).clone()
