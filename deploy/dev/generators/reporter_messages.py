"""What reporters are told, in Markdown, from the table by which the notifier judges."""

from collections.abc import Iterable, Sequence

from deploy.markdown import markdown
from services.notifier.domain.messages.update_rules import TABLE, UpdateCondition, UpdateRule
from shared.contracts.case import ActorKind, Outcome

_HEAD = ("outcome", "brought about by", "where", "the message", "words quoted")


def told_table() -> str:
    """Return the table: the first row that fits an entry counts."""
    return markdown(_HEAD, [_row(row) for row in TABLE])


def _row(row: UpdateRule) -> Sequence[str]:
    rest = row.kind is None
    outcomes = "any other" if rest else _joined(row.outcomes, list(Outcome))
    actors = "anybody" if row.actors >= set(ActorKind) else _joined(row.actors, list(ActorKind))
    words = "the actor's, as such" if row.has_words else ""
    kind = f"`{row.kind}`" if row.kind else "none"
    return (
        outcomes,
        actors,
        "" if row.when is UpdateCondition.ALWAYS else row.when.value,
        kind,
        words,
    )


def _joined(words: Iterable[str], order: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words, key=order.index))
