"""The fullwell command: finds the verb, reports errors, sets the exit code."""

import atexit
import importlib.metadata
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli import (
    bench,
    bench_compare,
    calibrate,
    cameras,
    demo,
    develop,
    diff,
    doctor,
    enhance,
    export,
    info,
    merge,
    plan,
    simulate,
    simulate_session,
    train,
)
from apps.cli.complaint import complain
from apps.cli.two_words import TwoWords
from isp.core.errors import FullwellError

# typer carries its own copy of click since 0.20, and its errors are that copy's.
USAGE_ERROR: type[Any] = typer.BadParameter.__bases__[0]
INTERRUPTED = 130

app = typer.Typer(
    name="fullwell",
    cls=TwoWords,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        print(importlib.metadata.version("fullwell"))
        raise typer.Exit


@app.callback()
def fullwell(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """A camera lab in software: simulate a sensor, develop raw files, look at every stage."""


app.command("demo")(demo.demo)
app.command("simulate")(simulate.simulate)
app.command("simulate session")(simulate_session.session)
app.command("develop")(develop.develop)
app.command("merge")(merge.merge)
app.command("diff")(diff.diff)
app.command("info")(info.info)
app.add_typer(cameras.app, name="cameras")
app.add_typer(calibrate.app, name="calibrate")
app.add_typer(train.app, name="train")
app.add_typer(enhance.app, name="enhance")
app.command("export")(export.export)
app.command("bench")(bench.bench)
app.command("bench compare")(bench_compare.compare)
app.command("plan")(plan.plan)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # torch's own switch, read once: whole frames lie in huge pages, and stages take half the time.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    atexit.register(_end_quietly)  # the first registered is the last to run
    sys.exit(run(sys.argv[1:]))


def _end_quietly() -> None:
    """Keep OpenImageIO's binding from listing, as the process ends, what it did not give back."""
    if "OpenImageIO" not in sys.modules or sys.stderr is None:
        return
    sys.stderr.flush()
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)


def run(arguments: list[str]) -> int:
    """Run the command line: 0 done, 1 a check failed, 2 usage, 3 bad input, 130 interrupted."""
    try:
        code = app(arguments, standalone_mode=False, prog_name="fullwell")
    except FullwellError as error:
        complain(error)
        if error.exit_code == 2:
            print("try: fullwell --help", file=sys.stderr)
        return error.exit_code
    except USAGE_ERROR as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "fullwell"
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
            return 2
        complain(error.format_message())
        if arguments and command == "fullwell" and Path(arguments[0]).is_file():
            command = f"fullwell develop {arguments[0]} -o OUT.png, or fullwell"
        print(f"try: {command} --help", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except (BrokenPipeError, SystemExit):  # typer answers a closed pipe by SystemExit
        return 0
    except OSError as error:
        complain(f"cannot write the answer ({error.strerror or error})")
        return 3
    if code == INTERRUPTED:  # typer turns Ctrl-C into this code without a word
        print("interrupted", file=sys.stderr)
    return int(code or 0)


if __name__ == "__main__":
    main()
