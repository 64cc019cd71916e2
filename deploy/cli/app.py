"""All commands in one place; each lives in the module of its group, read when it is asked for."""

from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from deploy.cli.outcome import Commands
from deploy.processes import PartFailed

# The module and what it calls the command; reading them all takes a second.
WHERE = MappingProxyType(
    {
        "run": "system.run:run",
        "up": "dev.up:up",
        "doctor": "system.doctor:doctor",
        "resume": "system.resume:resume",
        "restore": "system.restore:restore",
        "backup": "system.backup:backup",
        "feed": "intake.feed:feed",
        "tail": "system.tail:tail",
        "act": "intake.act:act",
        "generate": "dev.generate:generate",
        "demo": "dev.demo:demo",
        "bench": "dev.bench:bench",
        "sizing": "system.sizing:sizing",
        "replay": "dev.replay:replay",
        "chaos": "dev.chaos:chaos",
        "bootstrap": "model.bootstrap:bootstrap",
        "train": "model.train:train",
        "evaluate": "model.evaluate:evaluate",
        "measure-duplicates": "dev.measure_duplicates:measure_duplicates",
        "export-decisions": "model.export_decisions:export_decisions",
        "classify": "model.classify:classify",
        "audit": "intake.audit:app",
        "erase": "intake.erase:erase",
        "keys": "intake.keys:app",
        "topics": "system.topics:app",
        "units": "intake.units:app",
        "agencies": "system.agencies:app",
        "dead-letters": "system.dead_letters:app",
        "deliveries": "system.deliveries:app",
        "endpoint": "intake.endpoints:app",
    }
)


class ReadWhenAsked(Commands):
    """Knows every command's name, and its module only once somebody asks for it."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the names, in the order in which help shows them: of what is installed here."""
        return [name for name, where in WHERE.items() if _is_here(where)]

    def get_command(  # type: ignore[override] # typer's own classes
        self, ctx: typer.Context, cmd_name: str
    ) -> TyperCommand | TyperGroup | None:
        """Return a command, None where there is none of that name."""
        if cmd_name not in WHERE:
            return None
        if not _is_here(WHERE[cmd_name]):
            raise PartFailed(cmd_name, "it comes with a checkout of Salur only, not with the image")
        module, _, called = WHERE[cmd_name].partition(":")
        found = getattr(import_module(f"deploy.cli.{module}"), called)
        one = typer.Typer(rich_markup_mode=None)
        if isinstance(found, typer.Typer):
            one.add_typer(found, name=cmd_name)
        else:
            one.command(cmd_name)(found)
        return get_group(one).commands[cmd_name]  # type: ignore[return-value]


def _is_here(where: str) -> bool:
    # What only a checkout has is left out of the image.
    return not where.startswith("dev.") or find_spec("deploy.dev") is not None


app = typer.Typer(
    cls=ReadWhenAsked,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its frames would print locals: texts, keys
    rich_markup_mode=None,
)


@app.callback()
def salur() -> None:
    """Salur: from a citizen's complaint to the one institution that must answer it."""
