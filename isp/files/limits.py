"""How much of the machine a file may take while it is read."""

from dataclasses import dataclass

from isp.core.errors import LimitError

GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Ceilings for one file: checked from its header, and enforced on the decoder's process.

    pixels: width x height. file_bytes: size on disk. seconds: wall clock of the decoder.
    memory_bytes: address space of the decoder.
    """

    pixels: int = 200_000_000
    file_bytes: int = 4 * GIB
    seconds: float = 60.0
    memory_bytes: int = 8 * GIB

    def check_pixels(self, path: object, width: int, height: int) -> None:
        """Refuse a picture of more pixels than allowed.

        Raises LimitError naming the file, its size and the limit.
        """
        if width * height > self.pixels:
            raise LimitError(
                path,
                f"{width} x {height} is {width * height / 1e6:.1f} megapixels, "
                f"but the limit is {self.pixels / 1e6:g}",
            )

    def check_bytes(self, path: object, size: int) -> None:
        """Refuse a file longer than allowed.

        Raises LimitError naming the file, its size and the limit.
        """
        if size > self.file_bytes:
            raise LimitError(path, f"{size} bytes are over the limit of {self.file_bytes}")
