"""Plans are drawn from the seed alone, and every kind of fault comes up."""

from random import Random

from deploy.dev.chaos.load import PLACES, plan_load
from deploy.dev.chaos.plan import KINDS, decks
from deploy.dev.chaos.run import plans

RUNS = 60


def described(seed: int) -> list[str]:
    random = Random(seed)
    drawn = plans(random, decks(random, list(KINDS)), RUNS, 3)
    return [f"{one.fault} {one.at} {one.lasts}" for plan in drawn for one in plan]


def test_the_same_seed_gives_the_same_plan() -> None:
    assert described(7) == described(7)
    assert described(7) != described(8)


def test_sixty_runs_bring_every_kind_at_least_twice() -> None:
    random = Random(7)
    drawn = list(plans(random, decks(random, list(KINDS)), RUNS, 3))

    kinds = [one.fault.kind for plan in drawn for one in plan]
    assert {kind for kind in KINDS if kinds.count(kind) < 2} == set()


def test_no_party_is_struck_by_two_faults_of_a_run() -> None:
    random = Random(7)

    for plan in plans(random, decks(random, list(KINDS)), RUNS, 3):
        parties = [party for one in plan for party in one.fault.parties]
        assert len(parties) == len(set(parties))


def test_every_place_gets_complaints_whose_keys_are_their_own() -> None:
    planned = plan_load(Random(7), prefix="a", complaints=100, seconds=10.0)

    assert {one.place for one in planned} == {place for _, _, place in PLACES}
    assert len({one.key for one in planned}) == 100
    assert all(0 <= at <= 10.0 for one in planned for at in (one.at, *one.follow_ups))
