"""How every command ends: exit codes, progress on stderr, one JSON object as stdout's last line.

0 done · 1 the result is not what it must be · 2 bad usage or input · 3 a part could not start,
does not answer, or a needed program is missing. Errors that are expected are one clear line.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from typer.core import TyperGroup

from deploy.processes import PartFailed
from shared.errors import Misconfigured, Transient
from shared.kafka.envelope import describe

WRONG_RESULT, BAD_INPUT, PART_MISSING = 1, 2, 3


def progress() -> Console:
    """Return the console for people: standard error, as it is now."""
    return Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Tell a person something, on standard error, as it is written."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def put(text: str) -> None:
    """Write one line of the command's result to standard output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def conclude(result: Mapping[str, object]) -> None:
    """Write the result for a machine: one JSON object on one line."""
    put(json.dumps(result, ensure_ascii=False, default=str))


def end_wrong(reason: str) -> NoReturn:
    """End with code 1: everything ran, and the result is not what it must be."""
    say(reason)
    raise typer.Exit(WRONG_RESULT)


class Commands(TyperGroup):
    """A group whose commands end with a line and an exit code where an error is expected."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override] # typer's own subclass
        """Run the command that was named."""
        with expected_errors():
            return super().invoke(ctx)


@contextmanager
def expected_errors() -> Iterator[None]:
    """Turn errors that name their own way out into one line and an exit code."""
    try:
        yield
    except (PartFailed, Transient) as error:
        _end(str(error), PART_MISSING)
    except Misconfigured as error:
        _end(str(error), BAD_INPUT)
    except ValidationError as error:
        _end(f"settings {error.title}: {_explain(error)}", BAD_INPUT)


def _explain(error: ValidationError) -> str:
    # Our own validators say the way out; values stay unsaid, since one may be a secret.
    found = error.errors(include_url=False, include_input=False, include_context=False)
    said = [str(item["msg"]) for item in found if item["type"] == "value_error"]
    return "; ".join(said) or describe(error)


def _end(message: str, code: int) -> NoReturn:
    say(message)
    raise typer.Exit(code)
