"""The life of a case in Markdown, from the tables by which the router judges."""

from collections.abc import Iterable, Sequence

from deploy.markdown import markdown
from services.router.domain.case.refusals import MEANINGS
from services.router.domain.case.transitions import OWN, TRANSITIONS, Transition
from services.router.domain.routing.rules import RuleTarget
from services.router.domain.routing.triage_reasons import REASONS
from services.router.reference.rulebook import load_reference_data
from services.router.settings import RouterSettings
from shared.contracts.case import STATUS_WORDS, ActorKind, InputKind, Status

_SAME = "stays"


def life_of_a_case() -> str:
    """Return what every input does in every status, why one is refused, and why a case waits."""
    heads = [f"{STATUS_WORDS[status]}<br>`{status}`" for status in Status]
    tables = (*OWN.items(), *TRANSITIONS.items())
    rows = [_row(kind, row) for kind, found in tables for row in found]
    codes = [(f"`{code}`", meaning) for code, meaning in MEANINGS.items()]
    table = markdown(("input", "asked by", *heads), rows)
    waiting = [(f"`{reason}`", meaning) for reason, meaning in {**REASONS, **_by_rule()}.items()]
    refused = markdown(("refused as", "because"), codes)
    return f"{table}\n{refused}\n{markdown(('waits in triage as', 'because'), waiting)}"


def _by_rule() -> dict[str, str]:
    rules = load_reference_data(RouterSettings(model=None).files).rules
    return {rule.name: rule.because for rule in rules if rule.institution == RuleTarget.TRIAGE}


def _row(kind: InputKind, row: Transition) -> Sequence[str]:
    cells = (_cell(row, status) for status in Status)
    name = f"`{kind}`" if row.statuses else f"`{kind}` → {_joined(row.leads_to)}"
    return name, _joined(_in_order(row.actors)), *cells


def _cell(row: Transition, status: Status) -> str:
    if status not in row.statuses:
        return ""
    return f"→ {_joined(row.leads_to)}" if row.leads_to else _SAME


def _in_order(actors: Iterable[ActorKind]) -> Iterable[ActorKind]:
    return sorted(actors, key=list(ActorKind).index)


def _joined(words: Iterable[str]) -> str:
    return ", ".join(str(word) for word in words)
