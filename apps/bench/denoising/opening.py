"""What the account says before its tables."""

from apps.bench.denoising.captures import CAMERAS, ISO
from apps.bench.denoising.trained_arms import RATIOS, SIDE, STEPS
from apps.bench.denoising.unseen_light import HDR, PHOTOGRAPHS, SCIKIT_IMAGE
from apps.bench.denoising.unseen_light import SIDE as CROP
from apps.train.eld_lines import HELD_OUT
from enhance.weights import read_card, shipped


def _trained(name: str) -> str:
    facts = read_card(name).facts
    steps, seconds = facts["course"]["plan"]["steps"], facts["trained_with"]["seconds"]
    return f"{name} {steps} steps in {seconds / 60:.0f} minutes"


OPENING = f"""\
# ExposureDiffusion: what it gains

Y. Wang, Y. Yu, W. Yang, L. Guo, L.-P. Chau, A. C. Kot, B. Wen, "ExposureDiffusion: Learning to
Expose for Low-light Image Enhancement", ICCV 2023, built from the paper and held against simpler
means. Made by

```sh
python -m apps.bench.quality exposure-diffusion
```

from the run records in `docs/dev/bench/exposure-diffusion`. With `--run` it makes runs that are
missing, with `--rerun` all of them anew, training included (`--light` a pack of clean light,
`--work` a folder of checkpoints; scenes from $FULLWELL_DATA; VST+BM3D needs `pip install bm3d`,
whose licence is non-commercial, and nothing of fullwell depends on it). Two commands with `--only
PART` take two cores.

**Scenes**: {len(HDR) + len(PHOTOGRAPHS) + len(SCIKIT_IMAGE)} that no network was trained on:
{len(HDR)} HDR scenes, {len(PHOTOGRAPHS)} photographs of Kodak's, {len(SCIKIT_IMAGE)} of
scikit-image; {CROP} x {CROP} photosites of each, as the camera's own colours. **Captures**:
{", ".join(CAMERAS)} at ISO {ISO:g} with the full ELD noise (exact Poisson, Tukey-lambda read
noise, row noise, rounding), of which {" and ".join(HELD_OUT)} were never trained on. A ratio of
100 is an exposure a hundredth as long as the one that reaches white. **Metric**: PSNR and SSIM of
packed linear raw, cut to 0..1, no brightness correction where none is named. Shipped networks are
run as the stage runs them, with light put back where they shift it.

**Arms** (ED-1 to ED-4, and the fixed noise) are trained for minutes: N = {STEPS} steps of 8 crops
of {SIDE} x {SIDE} packed pixels, ratios {RATIOS[0]:g} to {RATIOS[1]:g}, the same batches for the
same seed. A step of T = 2 runs three passes, so "single pass, 3N steps" has the same compute.
What ships was trained by one pass, on one shared CPU core:
{", ".join(_trained(name) for name in shipped())}.

**ED-5**, the statistics of the increments, needs no training and is a test: `pytest -m "slow or
not slow" tests/enhance/test_exposure_diffusion.py`. Mean, variance and third moment of both forms
of the increment are those of a real exposure within 4 standard errors over 1e6 draws; where the
estimate passes noise on (a share of 0.3), the chain keeps a variance of 0.227 and the cumulative
form 0.047, as theory says; an estimate 5 % too bright makes the state nearly 5 % too bright in
both.

## What it shows

Written by hand from the tables below; read again after a rerun.

- **At equal compute of training, refinement does not raise PSNR**: in no arm, number of passes,
  noise, ratio or size of ED-1 and ED-2 is it above one pass of the network trained as long by one
  pass. That is what theory says: a later pass knows nothing that the capture does not say. A
  later pass of the same weights does gain over their own first one, since training spends itself
  on all passes.
- **It raises SSIM a little on our network**, by 0.4 hundredths after five passes, by 0.9 with the
  mean in place of draws, which from two passes on is better in both measures on both networks.
  Running the network of a single pass twice gains 0.4 there without any training for it. On the
  paper's conditioning ExposureDiffusion stays 0.5 behind the single pass at best, and running
  that one twice gains 2.0: what a second pass gains there is one more smoothing, and more reach.
- **Mismatch of noise is not cured by it here**: off the diagonal of ED-2 refinement loses as much
  as on it. Our networks are told how much noise there is: trained on another of the three models
  they lose 0.14 dB at most against training on the one they are tested on (the three models
  themselves differ by up to 0.4 dB under the same weights). A network trained on one noise and
  told nothing loses far more.
- **The adaptive residual layer does in highlights what the paper says**: with it bright light
  stays as good after five passes as after one, with either head alone it loses. On the first
  pass, which is all that our shipped weights run, correcting alone is better.
- **The setting in which it wins: one ratio trained, another met** (ED-4: one seed, one camera,
  the paper's conditioning). Trained at x100 alone and met at x10, one pass of the refined network
  is 1.9 dB ahead of the single pass; at x30 and above it is behind. What decides is which
  exposures training saw. The states of its later passes are longer exposures, so that it hardly
  matters which ratio ExposureDiffusion is trained at (x20 to x300 in place of x100: +0.1 dB at
  x10, -0.1 at x100). To the single pass it does, and where it sees that range it is 1.2 dB ahead
  of the refined one at x10 and 0.6 to 2.6 elsewhere.
- **So what ships is one pass**, conditioned on the noise, on a pyramid. FW-5k with it is ahead of
  the same backbone in the paper's conditioning by more than all refinement moves.
"""
