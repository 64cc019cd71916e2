"""The whole path, small: what the oracle says of a real run, and of the same run tampered with."""

from dataclasses import replace

import pytest

from deploy.cli.dev.demo import run_demo
from deploy.dev.chaos.oracle.facts import Stream
from deploy.dev.demo.feeds import generated_feed
from deploy.dev.demo.oracle import judge
from deploy.dev.demo.run import Result
from deploy.dev.local.stack import StackOptions
from deploy.operate.agencies.institutions import read_directory
from services.router.domain.reference.directory import Directory

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
SOME = ("prov-36", "kab-3603", "kota-3671", "kota-3171", "kem-014", "kem-036", "bumn-005")
COMPLAINTS, FAULTY, BROKEN = 60, 4, 6


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, broker_kind: str) -> Result:
    """Run the demo for a few institutions; complaints for the others have nowhere to go."""
    known = read_directory().institutions
    few = Directory("test", [known[code] for code in SOME])
    feed = generated_feed(few, COMPLAINTS, seed=7, faulty=FAULTY, broken=BROKEN)
    options = StackOptions(tmp_path_factory.mktemp("demo"), SOME, broker=broker_kind)
    return run_demo(options, feed, seed=7)


def test_a_small_demo_loses_nothing_and_doubles_nothing(result: Result) -> None:
    counts = result.verdict.counts

    assert result.verdict.passed, result.verdict.findings
    assert (counts.accepted, counts.refused) == (COMPLAINTS, FAULTY)
    assert counts.dead_lettered == BROKEN
    assert counts.delivered == counts.routed > 0
    assert counts.triaged > 0
    assert result.unanswered == 0


def test_the_oracle_catches_a_real_record_removed_and_another_doubled(result: Result) -> None:
    removed, doubled, *_ = result.seen.on(Stream.AGENCY)
    kept = [one for one in result.seen.sayings if one is not removed]

    verdict = judge(replace(result.seen, sayings=[*kept, replace(doubled, digest="changed")]))

    assert (verdict.counts.lost, verdict.counts.duplicated) == (1, 1)
    assert any(removed.number in finding for finding in verdict.findings)
    assert any(doubled.ident in finding for finding in verdict.findings)
    assert not verdict.passed


def test_the_oracle_catches_a_real_webhook_removed(result: Result) -> None:
    removed = result.seen.on(Stream.WEBHOOK)[0]
    kept = [one for one in result.seen.sayings if one is not removed]

    verdict = judge(replace(result.seen, sayings=kept))

    assert (verdict.counts.lost, verdict.counts.duplicated) == (1, 0)
