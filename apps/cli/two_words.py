"""Verbs of two words beside a verb that takes an argument: `simulate session`, `simulate SCENE`."""

from typing import Any

from typer.core import TyperGroup


class TwoWords(TyperGroup):
    """A group whose commands may be named by two words; they come before those of one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the first two words name, else the one of the first."""
        both = " ".join(args[:2])
        if len(args) > 1 and both in self.commands:
            return both, self.commands[both], args[2:]
        return super().resolve_command(ctx, args)
