"""What the demo sends: a generated feed, or the rows of a file and nothing else."""

from pathlib import Path

from deploy.dev.complaint_feed.generator import broken_records, generate, invalid
from deploy.dev.demo.load import Feed, keyed
from deploy.operate.intake_client.complaint_files import read_feed
from services.router.domain.reference.directory import Directory

# Of 100 complaints, where the command line does not say.
FAULTY_PERCENT, BROKEN_PERCENT = 3, 2


def generated_feed(
    directory: Directory,
    complaints: int,
    seed: int,
    *,
    faulty: int | None = None,
    broken: int | None = None,
) -> Feed:
    """Return a feed that depends on its arguments alone."""
    faulty = complaints * FAULTY_PERCENT // 100 if faulty is None else faulty
    broken = complaints * BROKEN_PERCENT // 100 if broken is None else broken
    return Feed(
        good=keyed(generate(complaints, seed, directory)),
        faulty=keyed(invalid(faulty, seed)),
        broken=tuple(broken_records(broken, seed)),
    )


def feed_of_file(path: Path, seed: int, *, faulty: int = 0, broken: int = 0) -> Feed:
    """Return a file's rows, each sent once; Misconfigured where it cannot be read."""
    return Feed(
        good=tuple((row.key, row.form) for row in read_feed(path).rows),
        faulty=keyed(invalid(faulty, seed)),
        broken=tuple(broken_records(broken, seed)),
        repeats=False,
    )
