"""A short way to write many figures about one question."""

from collections.abc import Iterable

from deploy.dev.replay.scenario import Basis, Figure, Measure, Question

SEED, ASSUMED = Basis.SEED, Basis.ASSUMED
Wanted = tuple[str, Measure, str, Basis]  # name, measure, value, basis


def figures(
    question: Question, wanted: Iterable[Wanted], holder: str | None = None
) -> tuple[Figure, ...]:
    """Return figures of one holder; without one, of all lines together."""
    return tuple(
        Figure(
            name=name, question=question, measure=measure, value=value, basis=basis, holder=holder
        )
        for name, measure, value, basis in wanted
    )
