"""Which institutions take part, and what is sent to them."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain, zip_longest

from deploy.dev.complaint_feed.generator import generate
from deploy.dev.demo.load import Keyed, keyed
from services.router.domain.reference.directory import Directory, Institution, InstitutionType

SEED = 1  # the same complaints in every run


def choose(directory: Directory, count: int) -> Directory:
    """Return `count` institutions, or all if there are fewer: one of each type in turn.

    A province comes first: the generated complaints name a region where there is one.
    """
    by_type: dict[InstitutionType, list[Institution]] = defaultdict(list)
    for one in directory.institutions.values():
        by_type[one.type].append(one)
    turns: Iterable[tuple[Institution | None, ...]] = zip_longest(
        by_type.pop(InstitutionType.PROVINCE), *by_type.values()
    )
    chosen = [one for one in chain.from_iterable(turns) if one is not None]
    return Directory(directory.version, chosen[:count])


def complaints_for(directory: Directory, count: int) -> tuple[list[Keyed], list[Keyed]]:
    """Return two lists of `count` complaints each; no two of them are the same."""
    forms = keyed(generate(2 * count, SEED, directory))
    return forms[:count], forms[count:]
