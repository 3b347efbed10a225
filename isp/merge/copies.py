"""Frames of a bracket that are one and the same, bit for bit."""

from collections.abc import Sequence

import torch

from isp.core.frame import Frame


def copies(frames: Sequence[Frame]) -> list[tuple[int, int]]:
    """Pairs of frames, each with the first one before it that it repeats to the bit.

    Two exposures differ by their noise, so a repeated one is no second measurement: counted twice
    it would halve a variance that stays. Frames without a measured sample, all dark or all lost,
    may well be alike.

    >>> from isp.core.domain import Domain
    >>> one = Frame.start(torch.full((1, 1, 2, 2), 0.5), Domain.MOSAIC)
    >>> copies([one, Frame.start(torch.zeros(1, 1, 2, 2), Domain.MOSAIC), one])
    [(0, 2)]
    """
    found = []
    for i, frame in enumerate(frames):
        for j, before in enumerate(frames[:i]):
            alike = frame.data.shape == before.data.shape and torch.equal(frame.data, before.data)
            if alike and bool((frame.measured & before.measured).any()):
                found.append((j, i))
                break
    return found
