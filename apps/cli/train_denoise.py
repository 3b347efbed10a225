"""fullwell train denoise: clean light in, the weights of a raw denoiser out."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli.options import positive


def denoise(
    light: Annotated[Path, typer.Option(help="Pack of clean light (fullwell train light).")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="Folder of checkpoint, log and, at the end, weights.safetensors."
        ),
    ],
    network: Annotated[str, typer.Option(help="fw-5k, fw-100k, fw-1m, sid-unet, …")] = "fw-5k",
    steps: Annotated[int, typer.Option(min=1, help="Of the whole run.")] = 20_000,
    learning_rate: Annotated[float, typer.Option(help="At its highest.")] = 2e-3,
    refining: Annotated[
        int, typer.Option(min=0, metavar="T", help="Refining steps trained after the first pass.")
    ] = 0,
    loss: Annotated[str, typer.Option(help="decibels, l1 or divergence.")] = "decibels",
    noise: Annotated[
        str, typer.Option(help="eld, poisson_gaussian_row or poisson_gaussian.")
    ] = "eld",
    camera: Annotated[
        list[str] | None,
        typer.Option(help="Camera of ELD whose noise is drawn; may be given again."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(help="Built-in camera or FILE.json whose readings take the cameras' place."),
    ] = None,
    ratios: Annotated[
        str, typer.Option(metavar="LOW,HIGH", help="Exposure ratios that are trained.")
    ] = "1,400",
    count: Annotated[int, typer.Option(min=1, help="Images of a batch.")] = 8,
    side: Annotated[int, typer.Option(min=8, help="Their sides, packed pixels.")] = 64,
    start: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Go on from weights: fw-5k, …, or FILE.safetensors."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, batches and increments.")] = 0,
    bfloat16_share: Annotated[
        float, typer.Option(help="Share of the steps, from the first, in bfloat16.")
    ] = 0.0,
    limit: Annotated[
        str | None,
        typer.Option(metavar="MINUTES", help="Stop then with a checkpoint to go on from."),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    gpus: Annotated[
        bool, typer.Option("--gpus", help="On all GPUs, by `accelerate launch`; see the guide.")
    ] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write its events beside the log.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Train a raw denoiser on simulated noise. The same command goes on with a stopped run."""
    from apps.cli.progress import progress
    from apps.train.asked_course import accelerator_for, asked_course
    from apps.train.denoiser_training import train_denoiser

    course = asked_course(
        network=network, steps=steps, learning_rate=learning_rate, refining=refining, loss=loss,
        noise=noise, cameras=camera, profile=profile, ratios=ratios, count=count, side=side,
        seed=seed, bfloat16_share=bfloat16_share, start=start,
    )  # fmt: skip
    minutes = None if limit is None else positive(limit)
    accelerator = accelerator_for(course) if gpus else None
    main = accelerator is None or bool(accelerator.is_main_process)
    seen: dict[str, Any] = {"step": 0, "loss": None}
    with progress(
        "denoise", -(-steps // course.plan.log_every), quiet=quiet or not main
    ) as advance:

        def tell(step: int, value: float) -> None:
            seen.update(step=step, loss=value)
            advance(f"step {step} of {steps}, loss {value:.3f}")

        trained = train_denoiser(
            course, light, output, device=device,
            limit_s=None if minutes is None else 60 * minutes,
            accelerator=accelerator, tensorboard=tensorboard, tell=tell,
        )  # fmt: skip
    if main:
        _say(output, trained is not None, minutes, seed, quiet=quiet, as_json=as_json)


def _say(
    output: Path, finished: bool, minutes: float | None, seed: int, *, quiet: bool, as_json: bool
) -> None:
    from apps.train.asked_course import run_facts

    facts = run_facts(output) | {"finished": finished, "seed": seed}
    if not finished and not quiet:
        print(
            f"note: {minutes:g} minutes are over at step {facts['step']} of {facts['steps']}; the "
            "same command goes on from there",
            file=sys.stderr,
        )
    if as_json:
        print(json.dumps(facts, indent=1))
    elif finished and not quiet:
        left = 100 * facts["noise_left"]["mean"]
        print(
            f"{facts['weights']}: {facts['steps']} steps, seed {seed}, {left:.2g} % of the noise "
            f"variance left on even light, bias at most {100 * abs(facts['bias']['worst']):.2g} % "
            "of white"
        )
        if not facts["weights"].endswith(".safetensors"):
            print(
                "note: safetensors is not installed here, so these are weights of torch; the same "
                "command where it is, on a copy of the folder, writes weights.safetensors",
                file=sys.stderr,
            )
