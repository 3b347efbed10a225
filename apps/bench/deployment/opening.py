"""What docs/deployment.md says in words, around its tables."""

OPENING = """# Deployment: graphs that run without fullwell, and what they cost

```sh
fullwell export lowlight -o lowlight/ --camera SonyA7S2 --iso 1600       # or --input shot.dng
cd lowlight && python run.py ../shot.npy -o ../shot.png --masks     # numpy and onnxruntime alone
python run.py bench --size 1080p --cadence 30 --json ../here.json        # on the target itself
fullwell bench compare there.json here.json --across-machines
fullwell bench srgb_fast --size 4K --cadence 30 --in-flight 2 --budget 33.3ms --html cost.html
fullwell bench srgb_fast --size 480x640,960x1280 --json here.json        # what a plan is made of
fullwell plan --recipe srgb --size 4K --budget 33ms --memory 2GB --target here.json
```

A **bundle** is a folder: ONNX graphs (opset 20, IR 9: ONNX Runtime since 1.17 loads them), the
camera's profile, `manifest.json`, and `run.py`, one file of Python 3.8 that needs numpy and
onnxruntime and nothing of fullwell. A preset is one graph from DN to display codes; `--staged`
makes a graph of each stage. What a shot or a camera decides (black level, gains, noise, colour
matrix, exposure) is an input of the graph with its default in the manifest, so `--set NAME=values`
changes it without a new export. Values that were estimated from the example's own pixels (auto
exposure, grey world) say so (`"estimated": true`): another frame has others.

**The measured mask goes along.** Every graph carries `measured` and `clipped` beside the picture,
by the same rule as our stages; `run.py --masks` writes them, and without it none of their nodes is
run. On a target that has only DN, `run.py` makes the first masks of the manifest's numbers.

`shot.npy` is (height, width), DN as stored, black included, beginning at the pattern's first row
and column: of a raw file `numpy.save("shot.npy", rawpy.imread("shot.nef").raw_image_visible)`, not
`raw_image`, whose masked border may shift the pattern. Its black level, balance and matrix are its
own: export with `--input shot.nef`, or the bundle has the camera's. Dumps are read with the
sidecar that fullwell writes beside them.

Nothing is trusted: every file's SHA-256 and size are checked, names are plain names, operators are
on a list, external data and graphs that draw random numbers are refused, and so are graphs beside
the listed ones, names that stand twice, and outputs of another size than the input's. A provider
that is asked for and not there is exit code 3, and a CUDA session that fell back to the CPU is an
error; the provider of every node is reported. OpenVINO reads the same graphs by
`fullwell bench BUNDLE --provider openvino` (`--precision bf16`); run.py has it not. CUDA, TensorRT
and its engine cache, CUDA graphs and IO binding are written and **were never run**: no machine with
a GPU and ONNX Runtime for it was at hand.

`fullwell export` proves each graph before it keeps it, at two sizes that it was not made at, and
refuses one that is further from torch than 1e-4 of white or has one pixel of a mask different.
`--precision fp16` and `int8` are held against the fp32 graph: 60 dB and 40 dB at least, and a mean
CIEDE2000 of 0.5 at most, or nothing is written. In a graph with a network only the network loses
precision: DN, roots and powers around it stay float32. ONNX Runtime on a CPU computes half floats
in float32; the loss below is measured with every half float really rounded. int8 is QDQ, static,
a scale for each channel, calibrated on six simulated frames.

This page is made by `python -m apps.bench.deployment` from stored records (`--rerun` proves all
anew)."""

PROOF = """
## Proof: every stage against torch

SonyA7S2 at ISO 1600, two frames of an interior with clipped windows (157 x 101 and 134 x 202;
graphs were made at 128 x 96). *Largest*: of white, or of the picture's largest value above it. DN
are of 12 bits. CIEDE2000: the largest of any pixel, of SDR pictures; behind fp16 and int8 the
mean.
"""

DENOISER = """
## The raw denoiser on a CPU

CPU seconds a megapixel of mosaic (1024 x 1024, one thread, median of seven rounds in turns), the
same stage and the same graph, each engine's picture checked against torch eager first (PSNR in
brackets). `fullwell enhance denoise` and `develop` run torch eager with channels last;
`--precision bfloat16` is its bf16.
"""

TIMES = """
## Latency

`fullwell bench` and `run.py bench` share one protocol: correct before and after timing or no time
at all, warm-up until two windows of frames agree within 2 %, eight different frames in turn,
nearest-rank percentiles, no p99 under 662 frames. In `fullwell bench` the stages and variants of
a size take turns too, so that the machine's drift meets them alike. This machine is shared: what is
bound by its memory differs in its median by up to 40 % from one process to the next, so that only
what was timed in turns can be compared. Below: one thread, medians of CPU time, the user's and the
system's, in turns, and how many times faster than torch eager; PSNR from it in brackets, and a way
in bf16 below 40 dB has no time. Where the system takes more than a fifth of that time, the bracket
says so: each stage of a large frame asks for new memory, which costs a virtual machine dearly; a
pass that makes one picture asks for little.
"""

PLANNER = """
## The planner

`fullwell plan` lists which precision, tile and stages of a recipe keep a budget of time and memory
on a machine that `fullwell bench --json` was run on. Predicted against measured, on configurations
that nothing was fitted to ([all of them](dev/bench/planning/predicted.md), by
`python -m apps.bench.planning`):
"""
