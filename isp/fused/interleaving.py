"""Pixels of both photosites of each pair laid side by side again, compiled.

With `shift` 0 a row's even columns are the first photosites of its pairs; with 1 they are the
second ones, each followed by the first of the next pair.
"""

from typing import no_type_check

from isp.core.kernels.compiled import compiled
from isp.fused.malvar_rows import BLUE, GREEN
from isp.fused.mosaic_rows import PAIRS


@compiled
@no_type_check
def interleave_codes(codes, shift, n, out):
    """Write n pixels of three codes each."""
    even, odd = codes[shift * PAIRS :], codes[shift + (1 - shift) * PAIRS :]
    for i in range(n >> 1):
        out[6 * i] = even[i]
        out[6 * i + 1] = even[GREEN + i]
        out[6 * i + 2] = even[BLUE + i]
        out[6 * i + 3] = odd[i]
        out[6 * i + 4] = odd[GREEN + i]
        out[6 * i + 5] = odd[BLUE + i]
    if n & 1:
        for channel in range(3):
            out[3 * n - 3 + channel] = even[channel * GREEN + (n >> 1)]


@compiled
@no_type_check
def interleave_plane(values, shift, n, out):
    """Write n values of one channel."""
    even, odd = values[shift * PAIRS :], values[shift + (1 - shift) * PAIRS :]
    for i in range(n >> 1):
        out[2 * i] = even[i]
        out[2 * i + 1] = odd[i]
    if n & 1:
        out[n - 1] = even[n >> 1]


@compiled
@no_type_check
def lay_codes(codes, n, out):
    """Write n pixels of three codes each, that lie in a row's order already."""
    for i in range(n):
        out[3 * i] = codes[i]
        out[3 * i + 1] = codes[GREEN + i]
        out[3 * i + 2] = codes[BLUE + i]


@compiled
@no_type_check
def lay_plane(values, n, out):
    """Write n values of one channel, that lie in a row's order already."""
    for i in range(n):
        out[i] = values[i]
