"""The draws of `isp.core.rng` once more, in Python's own integers, from the specification."""

import hashlib


def slow_philox(counter: tuple[int, ...], key: tuple[int, ...], rounds: int = 10) -> list[int]:
    """Philox4x32 in Python's own integers, from the round function as CONVENTIONS prints it."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for index in range(rounds):
        if index > 0:
            k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
        high_0, low_0 = divmod(0xD2511F53 * c0, 2**32)
        high_1, low_1 = divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
    return [c0, c1, c2, c3]


def slow_word(
    *, number: int, sensor: str, effect: int, x: int, y: int, frame: int, item: int, block: int = 0
) -> int:
    """The word of one pixel by the table "Key and counter layout" of CONVENTIONS section 5.3."""
    text = b"fullwell-rng-1" + number.to_bytes(8, "little") + sensor.encode("utf-8")
    first_64_bits = hashlib.sha256(text).digest()[:8]
    key = (int.from_bytes(first_64_bits[:4], "little"), int.from_bytes(first_64_bits[4:], "little"))
    counter = ((x // 4) | (y << 16), frame, (effect << 24) | block, item)
    return slow_philox(counter, key)[x % 4]
