"""Counter-based random draws: a pixel's draw depends on its address, never on what came before.

Philox4x32-10 (Salmon et al., SC'11) over the counter layout below, so that any batch split, tile,
order, worker count or device gives the same 32-bit words.

    key      first 64 bits of SHA-256("fullwell-rng-1", number as 8 bytes LE, sensor name):
             two little-endian words; the number is the seed, or the body for fixed patterns
    c0       (x div 4) | y << 16, absolute sensor coordinates; the pixel takes word x mod 4
    c1       frame number within the item; 0xFFFFFFFF for fixed patterns
    c2       effect << 24 | draw block
    c3       data-set item; 0 for fixed patterns
"""

import hashlib
from dataclasses import dataclass, field, replace
from enum import IntEnum

import torch
from jaxtyping import Float, Int
from torch import Tensor

from isp.core.errors import DrawError
from isp.core.kernels.presence import numba_is_there
from isp.core.shot import Shot

SCHEMA = "fullwell-rng-1"
MASK = 0xFFFFFFFF
FIXED = 0xFFFFFFFF
ROWS, COLUMNS = 1 << 16, 1 << 18  # photosites that have draws of their own
LINE = 0xFFFF  # x of a per-row draw, y of a per-column draw
STRIP = 1 << 16  # blocks computed at a time, so that they stay in cache

M0, M1 = 0xD2511F53, 0xCD9E8D57  # Random123, philox.h
W0, W1 = 0x9E3779B9, 0xBB67AE85


class Effect(IntEnum):
    """Stream numbers; the meaning of a stream is frozen once released."""

    SHOT = 1
    PRNU = 2
    DSNU = 3
    DARK_CURRENT = 4
    READ = 5
    ROW = 6
    COLUMN = 7
    BANDING = 8
    RTS_SITE = 9
    RTS_STATE = 10
    ADC_DITHER = 11
    AUGMENTATION = 12
    NETWORK = 13
    COLUMN_GAIN = 14
    COLUMN_OFFSET = 15
    ROW_OFFSET = 16
    HOT_PIXEL = 17
    DEAD_PIXEL = 18
    FULL_WELL = 19
    DARK_NONUNIFORMITY = 20
    PRNU_COLUMN = 21
    DSNU_COLUMN = 22
    EXPOSURE_JITTER = 23
    HAND_SHAKE = 24
    SCENE = 25
    NOISE_LEVEL = 26
    LADDER = 27


def philox4x32(
    counter: tuple[Tensor, Tensor, Tensor, Tensor], key: tuple[int, int], rounds: int = 10
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Philox4x32 on int64 tensors that hold unsigned 32-bit words; shapes broadcast.

    Source: Salmon et al., SC'11; test vectors of Random123.

    >>> zero = torch.zeros((), dtype=torch.int64)
    >>> [f"{int(w):08x}" for w in philox4x32((zero, zero, zero, zero), (0, 0))]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for index in range(rounds):
        if index:
            k0, k1 = (k0 + W0) & MASK, (k1 + W1) & MASK
        # A 32 x 32 bit product wraps in int64, and its two halves are right all the same.
        p0, p1 = c0 * M0, c2 * M1
        c0, c1, c2, c3 = (
            ((p1 >> 32) & MASK) ^ c1 ^ k0,
            p1 & MASK,
            ((p0 >> 32) & MASK) ^ c3 ^ k1,
            p0 & MASK,
        )
    return c0, c1, c2, c3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """The draws of one effect: a key and a place in the counter space.

    seed: the user's number; the body number for fixed patterns.
    sensor: name of the sensor, part of the key.
    frame, item: (b,) integers, or one for all.
    origin: sensor row and column of the first pixel, for tiles.
    """

    seed: int
    effect: Effect
    sensor: str = ""
    frame: Int[Tensor, "#b"] = field(default_factory=lambda: torch.zeros(1, dtype=torch.int64))
    item: Int[Tensor, "#b"] = field(default_factory=lambda: torch.zeros(1, dtype=torch.int64))
    origin: tuple[int, int] = (0, 0)

    @staticmethod
    def temporal(
        seed: int, effect: Effect, sensor: str, shot: Shot, origin: tuple[int, int] = (0, 0)
    ) -> "Draws":
        """Draws that differ from frame to frame and from item to item."""
        return Draws(
            seed=seed, effect=effect, sensor=sensor, frame=shot.frame_number, item=shot.item,
            origin=origin,
        )  # fmt: skip

    @staticmethod
    def fixed(body: int, effect: Effect, sensor: str, origin: tuple[int, int] = (0, 0)) -> "Draws":
        """Draws that belong to a camera body: the same for every frame and item."""
        frame = torch.full((1,), FIXED, dtype=torch.int64)
        return Draws(seed=body, effect=effect, sensor=sensor, frame=frame, origin=origin)

    @property
    def key(self) -> tuple[int, int]:
        """The two key words.

        Raises DrawError for a seed that does not fit 64 bits.
        """
        seed = int(self.seed)  # numpy's integers have no to_bytes
        if not 0 <= seed < 1 << 64:
            raise DrawError(f"a seed or body number is in 0..2^64-1, but {self.seed} came")
        text = SCHEMA.encode() + seed.to_bytes(8, "little") + self.sensor.encode()
        digest = hashlib.sha256(text).digest()
        return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")

    def words(
        self, height: int, width: int, device: torch.device | str = "cpu", block: int = 0
    ) -> Int[Tensor, "b 1 h w"]:
        """One unsigned 32-bit word per pixel, as int64.

        Raises DrawError when the pixels lie outside 65536 rows or 262144 columns, or a number
        does not fit its place in the counter and would repeat the draws of another.
        """
        self.check(height, width, block)
        y0, x0 = self.origin
        first, last = x0 // 4, (x0 + width - 1) // 4
        if torch.device(device).type == "cpu" and numba_is_there():
            whole = self._on_cpu(y0, height, first, last + 1 - first, block)
        else:
            columns = torch.arange(first, last + 1, device=device)
            rows_per_strip = max(1, STRIP // max(1, len(columns)))
            strips = [
                self._strip(y0 + y, min(rows_per_strip, height - y), columns, block)
                for y in range(0, height, rows_per_strip)
            ]
            whole = torch.cat(strips, dim=-2)
        skip = x0 - 4 * first
        return whole[..., skip : skip + width]

    def _on_cpu(self, y: int, rows: int, first: int, blocks: int, block: int) -> Tensor:
        from isp.core.kernels.philox import philox_words  # numba: only where something is drawn

        batch = max(self.frame.shape[0], self.item.shape[0])
        words = torch.empty(batch, 1, rows, 4 * blocks, dtype=torch.int64)
        frames, items = self.frame.expand(batch).tolist(), self.item.expand(batch).tolist()
        stream = (int(self.effect) << 24) | block
        for image, frame, item in zip(words[:, 0].numpy(), frames, items, strict=True):
            philox_words(y, first, blocks, rows, frame, stream, item, *self.key, image)
        return words

    def _strip(self, y: int, rows: int, columns: Tensor, block: int) -> Tensor:
        device = columns.device
        lines = torch.arange(y, y + rows, device=device).reshape(1, -1, 1)
        c0 = columns.reshape(1, 1, -1) | (lines << 16)
        c1 = self.frame.to(device).long().reshape(-1, 1, 1)
        c2 = torch.full((1, 1, 1), (int(self.effect) << 24) | block, device=device)
        c3 = self.item.to(device).long().reshape(-1, 1, 1)
        words = torch.stack(torch.broadcast_tensors(*philox4x32((c0, c1, c2, c3), self.key)), -1)
        return words.reshape(words.shape[0], 1, rows, -1)

    def check(self, height: int, width: int, block: int = 0) -> None:
        """Refuse what has no place of its own in the counter, and would repeat other draws.

        Raises DrawError.
        """
        for name, place, bits in (
            ("frame", self.frame, 32), ("item", self.item, 32), ("block", torch.tensor(block), 24),
        ):  # fmt: skip
            if bool((place.long() >> bits != 0).any()):
                raise DrawError(f"a draw's {name} is in 0..2^{bits}-1, but {place.tolist()} came")
        y0, x0 = self.origin
        if y0 < 0 or x0 < 0 or y0 + height > ROWS or x0 + width > COLUMNS:
            raise DrawError(
                f"draws exist for rows below {ROWS} and columns below {COLUMNS}, "
                f"not for {height} x {width} at {self.origin}"
            )

    def at(self, rows: Int[Tensor, "n"], columns: Int[Tensor, "n"], block: int = 0) -> Tensor:
        """Words of single photosites, counted from the tile's first: (n,) in, (b, n) out."""
        y, x = rows + self.origin[0], columns + self.origin[1]
        device = rows.device
        counter = (
            (torch.div(x, 4, rounding_mode="floor") | (y << 16)).unsqueeze(0),
            self.frame.to(device).long().unsqueeze(1),
            torch.full((1, 1), (int(self.effect) << 24) | block, device=device),
            self.item.to(device).long().unsqueeze(1),
        )
        four = torch.stack(torch.broadcast_tensors(*philox4x32(counter, self.key)), -1)
        pick = (x % 4).reshape(1, -1, 1).expand(four.shape[0], -1, 1)
        return four.gather(-1, pick).squeeze(-1)

    def per_row(self, height: int, device: torch.device | str = "cpu") -> Int[Tensor, "b 1 h 1"]:
        """One word per sensor row, whatever the tile's columns are."""
        return replace(self, origin=(self.origin[0], LINE)).words(height, 1, device)

    def per_column(self, width: int, device: torch.device | str = "cpu") -> Int[Tensor, "b 1 1 w"]:
        """One word per sensor column, whatever the tile's rows are."""
        return replace(self, origin=(LINE, self.origin[1])).words(1, width, device)

    def per_frame(self, device: torch.device | str = "cpu") -> Int[Tensor, "b 1 1 1"]:
        """One word per image, whatever the tile is."""
        return replace(self, origin=(LINE, LINE)).words(1, 1, device)


def uniform(words: Int[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Words to float64 in the open interval (0, 1): (w + 0.5) 2^-32, exact and symmetric."""
    return (words.double() + 0.5) * 2.0**-32


def normal(words: Int[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Words to standard normal float64 by the inverse CDF, from the smaller tail.

    One word a sample, monotone, within 6.34 standard deviations.

    >>> normal(torch.tensor([0, 2**32 - 1])).round(decimals=4).tolist()
    [-6.338, 6.338]
    """
    centred = words.double() - 2147483647.5
    tail = (2147483648.0 - centred.abs()) * 2.0**-32
    deviation: Tensor = torch.special.ndtri(tail)
    return -deviation * centred.sign()
