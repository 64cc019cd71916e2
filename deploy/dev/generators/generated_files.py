"""Everything in the tree that is generated, as data: from what, and how to make it anew.

`salur generate` writes it, `salur generate --check` tells what is stale. To add a file, add a line
to `GENERATED`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.dashboards import BOARDS
from deploy.dev.generators import kit_tables
from deploy.dev.generators.case_lifecycle import life_of_a_case
from deploy.dev.generators.golden_examples import FOLDER as EXAMPLES
from deploy.dev.generators.golden_examples import texts as example_texts
from deploy.dev.generators.kit_asyncapi import asyncapi_document
from deploy.dev.generators.kit_schemas import FOLDER as SCHEMAS
from deploy.dev.generators.kit_schemas import as_text, schema_texts
from deploy.dev.generators.metrics_reference import contract
from deploy.dev.generators.mongo_users import DATABASES, users_text
from deploy.dev.generators.reporter_messages import told_table
from deploy.dev.generators.tree import DASHBOARDS, MONITORING, ROOT
from deploy.markdown import markdown
from deploy.model.bootstrap.everyday import EVERYDAY, everyday_words
from deploy.operate.agencies.regional_directory import PATH as DIRECTORY
from deploy.operate.agencies.regional_directory import generate_directory
from deploy.operate.sizing.estimate import MEASURED, Assumptions, read_measured
from deploy.operate.sizing.tables import bench_table, sizing_text
from shared.contracts.topics import TOPICS, TopicSpec
from shared.database.collections import COLLECTIONS, CollectionSpec
from shared.errors import Misconfigured

BEGIN, END = "<!-- topics -->", "<!-- /topics -->"
LIFE = "<!-- life -->", "<!-- /life -->"
TOLD = "<!-- told -->", "<!-- /told -->"
BENCH = "<!-- bench -->", "<!-- /bench -->"
SIZING = "<!-- sizing -->", "<!-- /sizing -->"
USERS = "<!-- users -->", "<!-- /users -->"
KEPT = "<!-- collections -->", "<!-- /collections -->"
_HEAD = ("topic", "key", "event", "written by", "read by", "partitions", "keep", "dead letters")
_KEPT_HEAD = (
    *("collection", "database", "holds", "written by", "read by", "opened by", "comes back from"),
    "fields",
)


@dataclass(frozen=True, slots=True)
class Generated:
    """One file: `make` takes its present text (empty where there is none) and returns the new."""

    path: Path
    make: Callable[[str], str]

    @property
    def name(self) -> str:
        """Return the path within the tree."""
        return self.path.relative_to(ROOT).as_posix()

    def read(self) -> str:
        """Return the present text."""
        return self.path.read_text(encoding="utf-8") if self.path.exists() else ""


def stale(files: Iterable[Generated]) -> list[str]:
    """Return the names of files that would change; Misconfigured where one cannot be made."""
    return [one.name for one in files if one.make(text := one.read()) != text]


def rewrite(files: Iterable[Generated]) -> list[str]:
    """Write what is stale; return the names of the files that changed."""
    files = list(files)
    changed = []
    for one in files:
        old = one.read()
        new = one.make(old)
        if new != old:
            one.path.parent.mkdir(parents=True, exist_ok=True)
            one.path.write_text(new, encoding="utf-8", newline="\n")
            changed.append(one.name)
    return changed


def with_topic_table(text: str) -> str:
    """Return a README's text with the table of topics between its markers made anew.

    Raises:
        Misconfigured: the markers are not there, once each and in order.
    """
    return between(text, BEGIN, END, table=topic_table())


def between(text: str, begin: str, end: str, *, table: str) -> str:
    """Return a README's text with `table` between the markers; Misconfigured without them."""
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed or begin in rest or end in before + after:
        raise Misconfigured(f"README.md: write {begin} and {end}, once each, around the table")
    return f"{before}{begin}\n{table}{end}{after}"


def topic_table() -> str:
    """Return the table of topics in Markdown."""
    return markdown(_HEAD, map(_row, TOPICS))


def _row(spec: TopicSpec) -> tuple[str, ...]:
    return (
        f"`{spec.name}`",
        spec.key,
        spec.event,
        ", ".join(spec.producers),
        ", ".join(spec.consumers),
        str(spec.partitions),
        spec.keep,
        f"`{spec.dead_letter}`" if spec.dead_letter else "",
    )


def collection_table() -> str:
    """Return the table of the database's collections in Markdown."""
    return markdown(_KEPT_HEAD, map(_collection_row, COLLECTIONS))


def _collection_row(spec: CollectionSpec) -> tuple[str, ...]:
    return (
        f"`{spec.name}`",
        f"`{DATABASES[spec.database]}`",
        spec.holds,
        spec.writer,
        ", ".join(spec.readers),
        ", ".join(f"`salur {command}`" for command in spec.commands),
        f"{spec.recovery}; missed: {spec.loss}" if spec.loss else spec.recovery,
        f"[{Path(spec.fields_in).name}](../../{spec.fields_in})" if spec.fields_in else "",
    )


def kit_readme(text: str) -> str:
    """Return the text of the kit's README with its tables made anew; Misconfigured as above."""
    text = between(text, *kit_tables.EVENTS, table=kit_tables.events_table())
    text = between(text, *kit_tables.ACTIONS, table=kit_tables.actions_table())
    return between(text, *kit_tables.REFUSED, table=kit_tables.refusals_table())


def _measured(text: str) -> str:
    return between(text, *BENCH, table=bench_table(read_measured(MEASURED)))


def _runbook(text: str) -> str:
    text = between(text, *USERS, table=users_text())
    return between(text, *SIZING, table=sizing_text(read_measured(MEASURED), Assumptions()))


def _dashboard(name: str) -> Callable[[str], str]:
    def make(_: str) -> str:
        # Only who makes them anew has Grafana's schema at hand; every command imports this module.
        from deploy.dev.dashboards.grafana import written  # noqa: PLC0415
        from deploy.dev.dashboards.panel import read_board  # noqa: PLC0415

        return written(read_board(name))

    return make


def _always(text: str) -> Callable[[str], str]:
    return lambda _: text


GENERATED = (
    Generated(
        ROOT / "README.md",
        lambda text: _measured(with_topic_table(text)),
    ),
    Generated(
        ROOT / "services" / "router" / "README.md",
        lambda text: between(text, *LIFE, table=life_of_a_case()),
    ),
    Generated(
        ROOT / "services" / "notifier" / "README.md",
        lambda text: between(text, *TOLD, table=told_table()),
    ),
    Generated(
        ROOT / "shared" / "database" / "README.md",
        lambda text: between(text, *KEPT, table=collection_table()),
    ),
    Generated(ROOT / "deploy" / "README.md", _runbook),
    Generated(DIRECTORY, generate_directory),
    Generated(EVERYDAY, lambda _: everyday_words()),
    Generated(MONITORING / "METRICS.md", lambda _: contract()),
    *(Generated(DASHBOARDS / f"{name}.json", _dashboard(name)) for name in BOARDS),
    *(Generated(EXAMPLES / name, _always(text)) for name, text in example_texts().items()),
    *(Generated(SCHEMAS / name, _always(text)) for name, text in schema_texts().items()),
    Generated(kit_tables.KIT / "asyncapi.json", lambda _: as_text(asyncapi_document())),
    Generated(kit_tables.KIT / "README.md", kit_readme),
    Generated(
        kit_tables.KIT / "kafka.md",
        lambda text: between(text, *kit_tables.CONSUMER, table=kit_tables.consumer_block()),
    ),
)
