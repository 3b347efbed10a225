"""A verb of two words stands beside one that takes an argument."""

import typer

from apps.cli.two_words import TwoWords


def said(*arguments: str) -> list[str]:
    app, heard = typer.Typer(cls=TwoWords), []

    @app.command("show")
    def show(what: str) -> None:
        heard.append(f"show {what}")

    @app.command("show all")
    def show_all(but: str = "none") -> None:
        heard.append(f"all but {but}")

    app(list(arguments), standalone_mode=False)
    return heard


def test_two_words_come_before_one() -> None:
    assert said("show", "one") == ["show one"]
    assert said("show", "all") == ["all but none"]
    assert said("show", "all", "--but", "two") == ["all but two"]
