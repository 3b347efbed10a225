"""Philox4x32-10 along a row of photosites, by the counter layout of `isp.core.rng`."""

from typing import no_type_check

import numpy as np

from isp.core.kernels.compiled import compiled

M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)  # Random123, philox.h
W0, W1 = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
U32, U64, HIGH = np.uint32, np.uint64, np.uint64(32)


@compiled
@no_type_check
def philox_row(c0, c1, c2, c3, k0, k1, blocks, words):
    """Four words for each of `blocks` neighbouring blocks, whose c0 counts up from the first."""
    for i in range(blocks):
        a0, a1, a2, a3 = U32(c0 + i), U32(c1), U32(c2), U32(c3)
        q0, q1 = U32(k0), U32(k1)
        for _ in range(10):
            p0, p1 = U64(a0) * M0, U64(a2) * M1
            b0 = U32(p1 >> HIGH) ^ a1 ^ q0
            b2 = U32(p0 >> HIGH) ^ a3 ^ q1
            a0, a1, a2, a3 = b0, U32(p1), b2, U32(p0)
            q0, q1 = U32(q0 + W0), U32(q1 + W1)
        words[4 * i] = a0
        words[4 * i + 1] = a1
        words[4 * i + 2] = a2
        words[4 * i + 3] = a3


@compiled
@no_type_check
def philox_words(y, block, blocks, rows, c1, c2, c3, k0, k1, words):
    """Words of whole blocks from row y and block `block` on: words is (rows, 4 blocks) int64."""
    line = np.empty(4 * blocks, np.uint32)
    for i in range(rows):
        philox_row(((y + i) << 16) | block, c1, c2, c3, k0, k1, blocks, line)
        for j in range(4 * blocks):
            words[i, j] = line[j]
