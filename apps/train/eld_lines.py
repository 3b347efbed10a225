"""Five cameras' noise over their gain, which denoisers are trained on."""

from isp.core.eld import LogLine, NoiseLines


def _lines(
    ends: tuple[float, float],
    read: tuple[float, float, float],
    tukey: tuple[float, float, float],
    row: tuple[float, float, float],
    shapes: tuple[float, ...],
) -> NoiseLines:
    read_line, tukey_line, row_line = (
        LogLine(slope=slope, bias=bias, spread=spread) for slope, bias, spread in (read, tukey, row)
    )
    return NoiseLines(
        gain_low=ends[0], gain_high=ends[1], read=read_line, tukey=tukey_line, row=row_line,
        shapes=shapes,
    )  # fmt: skip


# Wei et al., CVPR 2020 (ELD), camera_params/release, Profile-1: slope, bias and spread of
# ln sigma (DN at 14 bits) over ln K; shapes are the first of each pair of the printed list.
ELD_LINES = {
    "SonyA7S2": _lines(
        (0.0939161, 6.0106285),
        (0.540750, 1.218237, 0.267511),
        (0.462105, 0.565715, 0.263371),
        (0.527536, -0.591700, 0.294288),
        (0.114, 0.057, 0.000, -0.043, -0.086, -0.086, -0.114, -0.143, -0.143),
    ),
    "NikonD850": _lines(
        (0.4150393, 26.5625169),
        (0.563461, 0.799410, 0.214082),
        (0.477390, -0.090445, 0.239201),
        (0.448292, -1.797710, 0.232180),
        (-0.114, -0.200, -0.214, -0.229, -0.243, -0.171, -0.143, -0.100),
    ),
    "CanonEOS5D4": _lines(
        (0.2181895, 13.9641288),
        (0.677127, 1.512188, 0.246411),
        (0.655876, 1.092687, 0.286047),
        (0.471280, -0.807896, 0.243618),
        (0.157, 0.086, 0.200, 0.100, 0.057, 0.029, 0.014, 0.086, 0.114),
    ),
    "CanonEOS70D": _lines(
        (0.4074970, 26.0798077),
        (0.568118, 1.998266, 0.248702),
        (0.486806, 1.464268, 0.382006),
        (0.729222, -0.937057, 0.250216),
        (0.143, 0.114, 0.029, -0.100, -0.171, -0.157, -0.086, -0.029),
    ),
    "CanonEOS700D": _lines(
        (0.4476289, 28.6482491),
        (0.652459, 2.079864, 0.257816),
        (0.598236, 1.537044, 0.388819),
        (0.622059, -0.775647, 0.248481),
        (0.129, 0.100, 0.014, -0.086, -0.143, -0.129, -0.029, 0.014),
    ),
}
HELD_OUT = ("NikonD850", "CanonEOS700D")  # the least and the most read noise: for testing only
SPAN_DN = 15871.0  # white less black: 14 bits over 512
