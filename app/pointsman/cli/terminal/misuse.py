"""A command line that was written in a wrong way, told by the catalogues: typer tells it in English alone."""

import sys
from typing import Any, NoReturn

import typer

from pointsman.cli.output import end_with, err, show, tell, word


class Misused(typer.BadParameter):
    """Words of the terminal's language say what is wrong."""


def end_misused(error: typer.TyperException) -> NoReturn:
    """End the command with how it is called, and what is wrong."""
    code = getattr(error, "exit_code", 2)
    if type(error).__name__ == "NoArgsIsHelpError":  # it has shown the help already
        sys.exit(code)
    context: Any = getattr(error, "ctx", None)  # Any: typer's copy of click has no public names
    if context is not None:
        show(context.get_usage(), on=err)
        tell("cli.try-help", on=err, command=f"{context.command_path} --help")
    end_with(_said(error), code=code)


def _said(error: Any) -> str:
    param = getattr(error, "param", None)
    what = param.get_error_hint() if param is not None else ""
    if isinstance(error, Misused):
        return f"{what}: {error.message}" if what else str(error.message)
    match type(error).__name__:
        case "MissingParameter":
            return word("cli.missing", what=what)
        case "NoSuchOption":
            near = tuple(sorted(error.possibilities or ()))
            return word("cli.no-such-option-near" if near else "cli.no-such-option", given=error.option_name, near=near)
        case "BadOptionUsage":
            return word("cli.option-usage", what=error.option_name)
        case "BadParameter" if param is not None:
            return _wrong_value(error, param, what)
        case _:
            return word("cli.misused", said=error.message)


def _wrong_value(error: Any, param: Any, what: str) -> str:
    """By what the parameter takes: a number between two, one of a few words, a file that is there."""
    least, most = getattr(param, "min", None), getattr(param, "max", None)
    if least is not None and most is not None:
        return word("cli.wrong-number", what=what, least=least, most=most)
    if least is not None:
        return word("cli.wrong-number-from", what=what, least=least)
    kind = str(param.display_type(error.ctx)) if hasattr(param, "display_type") else ""
    if kind.strip("[]<>") in {"path", "file"}:
        return word("cli.wrong-file", what=what)
    if not kind:
        return f"{what}: {error.message}"
    return word("cli.wrong-value", what=what, expected=kind)
