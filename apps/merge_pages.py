"""The page of what a merge was measured to do."""

from collections.abc import Mapping, Sequence

from apps.merge_measures import Found, Ghost, Level
from apps.merge_peers import Agreement

COMMAND = "FULLWELL_DATA=DATA python -m apps.merge_report -o docs/merge.md --force"
METHOD = """\
## What it does

A sample y of a frame with exposure a is a s plus noise of variance V(a s): shot, read, line and
quantisation noise. The merged light s solves sum a (y - a s) / V(a s) = 0: weights of inverse
variance at the light that s and its eight neighbours of the same colour show, never at the noisy
sample. Its variance is 1 / sum a^2 / V. Derivation and source: `isp/merge/estimate.py`. The
variance holds temporal noise only; PRNU is alike in all frames.

- **Near saturation** only samples that came out low are measured, and their mean is short by up
  to 0.8 deviations. Within four deviations of the limit, as the neighbours expect it, a sample is
  left to the shorter exposures (`isp/merge/saturation.py`). Where the surroundings are flat within
  the noise and their frames agree, it comes back (`isp/merge/near_limit.py`): from the light of
  up to 840 neighbours, one step of scoring by the likelihood of clipped data, in which a clipped
  sample counts as "beyond the limit", and one just below it as a full well where that is likelier.
  That reaches the bound of the table below within 0.15 dB, four stops apart too (224 neighbours:
  0.67 dB short; more rounds of scoring change nothing), and keeps the mean. Eight stops apart the
  price of leaving samples out remains: the short frame's noise, of reading above all, is then 800
  times the long one's variance, and 840 neighbours know the light no better than one sample of
  the long frame, too badly for one step (with 2400 it is still so, and with that limit lifted
  the mean is off by five standard errors). It remains in texture and beside an edge as well. An
  unbiased estimate from a pixel's own samples alone, without neighbours, loses up to 5 dB there
  (exposures two stops apart): the truncation corrected by its Mills ratio was tried.
- **Where every frame saturated** the result is the shortest frame's bound, unmeasured. Full wells
  that the noise of reading puts below a longer frame's limit are no light there.
- **One frame alone**, or the shortest near its own limit: nothing can be corrected. Its measured
  samples are those that came out low, its clipped ones a bound.
- **Ghosts**: squares of 5 x 5 samples are held against the reference; a square is rejected where
  the sum of its normalised differences exceeds the normal quantile of rate / 25
  (`isp/merge/ghosts.py`). Noise larger than stated, seen in the quietest squares, raises that
  limit; so does a difference in proportion to the light, up to 3 % of it (pictures: 25 %). A frame
  of which over half is rejected is left out and named.
- **Exposures** of metadata are held against those that the frames show, and a difference of over
  2 % is said.
- **Metadata that lie, and pictures whose response is only assumed** (`isp/merge/agreement.py`):
  where by the stated times over 15 % of a frame's samples (of pictures, those neither near black
  nor near white) contradict the others, the exposures that the frames show are taken if they at
  least halve that. It is said on stderr and in the record, with both; `--times`, `--response` or
  `--stated-exposures` keep what was stated. At measured exposures a picture's frame is held against
  what it usually shows at each level of light
  (`isp/merge/relation.py`), by which a wrong response departs everywhere alike and motion does
  not; a difference of 25 % is then always allowed. Motion over half of all pixels of one level
  hides itself.
- **Clipping in pictures** is one decision for all channels: a pixel with a channel in the last 2 %
  of the codes is left to a shorter exposure without (`isp/merge/saturation.py`), as a developed
  picture's colours are mixed and its tones bent there. With the pixels beside it, or the last
  5 %, the merges below agree less with pfstools, and the house has more coloured dots.
- **A frame given twice**, the same to the bit, is refused by name: which exposure is missing only
  its owner knows.
- **Hand-held frames** are moved onto the reference with `--align` (`isp/merge/alignment.py`), by
  whole periods of the mosaic and the same for the whole picture: rotation, parallax and up to half
  a period are left, which deghosting rejects at edges. Without it nothing is moved. Frames that
  do not match, by structure or because one lost what the other holds, are refused.
- **What is written**: an .exr has the light, its standard deviation (`sigma.R`, `.G`, `.B`) and the
  masks; a .dng has the mosaic and its masks, but no deviations. A DNG's white is the brightest that
  was measured (at least the reference's white), or where light was lost in every frame the
  saturation of the shortest. Where by 16-bit codes rounding would pass 0.3 of the noise (rms), or
  the noise itself in 5 % of the samples, the DNG is 32-bit floating point, and the command says so:
  our reader has every digit of it, LibRaw 14 bits (`apps/merged_dng.py`).
"""


def page_of_measures(
    *,
    camera: str,
    side: int,
    flats: Mapping[tuple[float, ...], Sequence[Level]],
    switch: Mapping[tuple[float, ...], Sequence[tuple[float, Level]]],
    rejections: Sequence[tuple[float, float, float]],
    lies: Sequence[Found],
    ghosts: Sequence[Ghost],
) -> str:
    """Markdown of the simulated measurements; levels are e- of the longest exposure."""
    lines = [
        "# Merging brackets", "", "Measured and written by", "", f"```\n{COMMAND}\n```", "", METHOD,
        "## Noise against the Cramer-Rao bound", "",
        f"{camera} without fixed patterns, {side} x {side} photosites, no deghosting. *Loss*: "
        "variance over the least that an unbiased estimate can have, from the exact information "
        "of Poisson + Gaussian noise, rounded and clipped. *Bias*: in standard errors of the mean. "
        f"*Said*: the variance that the merge states, over the real one. A variance of so many "
        f"samples strays by {10 / 2.302585 * (2 / side**2) ** 0.5:.3f} dB.", "",
        "| bracket, EV | light, e- | loss, dB | bias | said |", "|---|" + "---:|" * 4,
    ]  # fmt: skip
    lines += [
        f"| {', '.join(f'{ev:+g}' for ev in evs)} | {row.light_e:g} | {row.loss_db:.3f} | "
        f"{row.bias_errors:+.1f} | {row.said_over_real:.3f} |"
        for evs, rows in flats.items()
        for row in rows
    ]
    lines += [
        "", "## Where the longest exposure begins to clip", "",
        "Light in shot-noise deviations from the limit of the longest exposure. The bound is that "
        "of censored data: it counts what a clipped sample still tells. *Left out*: the loss of "
        "the best estimate without the longest exposure, which is what merging took here before.",
        "", "| bracket, EV | deviations | light, e- | left out, dB | loss, dB | bias | bias, % | "
        "said |", "|---|" + "---:|" * 7,
    ]  # fmt: skip
    lines += [
        f"| {', '.join(f'{ev:+g}' for ev in evs)} | {k:+g} | {row.light_e:.0f} | "
        f"{row.left_out_db:.2f} | {row.loss_db:.2f} | {row.bias_errors:+.1f} | "
        f"{row.bias_percent:+.4f} | {row.said_over_real:.3f} |"
        for evs, rows in switch.items()
        for k, row in rows
    ]
    lines += [
        "", "## Still scenes: samples wrongly rejected", "",
        "-4, -2, 0 EV, reference -2 EV; the worse of the two other frames. Rejections come in "
        f"squares of 25, so at 0.1 % a share of {side} x {side} strays by "
        f"{100 * (1e-3 * 25 / side**2) ** 0.5:.3f} %.", "",
        "| light, e- | asked, % | rejected, % |", "|---:|---:|---:|",
    ]  # fmt: skip
    lines += [f"| {e:g} | {100 * asked:g} | {100 * got:.3f} |" for e, asked, got in rejections]
    lines += [
        "", "## Something moves", "",
        "A square on a wall of 4 % of full well, at -2, 0 and +2 EV in three places; "
        "reference 0 EV. *Contrast* and errors in deviations of the reference's noise; *found*: of "
        "the samples that contradict the reference.", "",
        "| contrast | found, % | rms error | without deghosting | lost when still, % |",
        "|---:|" + "---:|" * 4,
    ]  # fmt: skip
    lines += [
        f"| {g.contrast:g} | {g.found_percent:.1f} | {g.error:.2f} | {g.ghosted_error:.2f} | "
        f"{g.lost_percent:.3f} |"
        for g in ghosts
    ]
    lines += [
        "", "## Metadata that lie", "",
        "-4, -2, 0 EV with log-normal errors of the shutter; worst relative error of an exposure "
        "against the reference's.", "",
        "| shutter errors, % | by metadata, % | measured, % |", "|---:|---:|---:|",
    ]  # fmt: skip
    lines += [
        f"| {f.jitter_percent:g} | {f.metadata_percent:.2f} | {f.measured_percent:.3f} |"
        for f in lies
    ]
    return "\n".join(lines) + "\n"


def page_of_pictures(rows: Sequence[Agreement], folder: str) -> str:
    """Markdown of the comparison with other programs, and the pictures."""
    lines = [
        "", "## Photographs, beside other programs", "",
        "Merged with the response that the other program found, on pixels measured by any frame. "
        "*R/G*, *B/G*: median ratio of the channels over green's (1: the colours agree). *rms*: of "
        "log2 of the ratio, its median removed. pfshdrcalibrate (pfstools) finds the response by "
        "Robertson's method and weighs by photon noise; OpenCV's merge is the stored one of the "
        "data, a Debevec merge with a triangle of weights.", "",
        "| bracket, program | compared, % | R/G | B/G | rms, stops | 99 % within, stops |",
        "|---|" + "---:|" * 5,
    ]  # fmt: skip
    lines += [
        f"| {r.name} | {r.compared_percent:.1f} | {r.channel_ratios[0]:.4f} | "
        f"{r.channel_ratios[1]:.4f} | {r.rms_stops:.4f} | {r.worst_stops:.3f} |"
        for r in rows
    ]
    lines += [
        "", "Merged light with automatic exposure and Reinhard's curve, and Mertens' fusion of the "
        "same files. The room (Canon EOS 5D Mark II, 1/8, 1 and 8 s) once with the response that "
        "pfshdrcalibrate found, once as if it were sRGB, which the camera's is not: by the stated "
        "times the frames then contradict each other by 0.7 stops, and the measured exposures are "
        "taken, as `fullwell merge` does and says. The house has no exposures noted; they were "
        "measured, sRGB assumed.", "",
        "| room, its own response | room, sRGB assumed |", "|---|---|",
        f"| ![merged](images/{folder}/frobisher.jpg) | "
        f"![merged](images/{folder}/frobisher_srgb.jpg) |", "",
        "| room, fused | house, merged | house, fused |", "|---|---|---|",
        f"| ![fused](images/{folder}/frobisher_fused.jpg) | "
        f"![merged](images/{folder}/house.jpg) | ![fused](images/{folder}/house_fused.jpg) |",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
