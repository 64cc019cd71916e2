"""Closing an institution: a key that may not changes nothing, and cases say why they move."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.operate.agencies.closing import Closure, close
from deploy.operate.agencies.directory_file import DirectoryFile
from shared.errors import Misconfigured
from tests.deploy.operate.agencies.test_succession import TEXT, TODAY
from tests.support.http_server import answering

MERGE = Closure("kem-042", "kem-041", TODAY, "UU 1/2026.", settle=0.0)


class FakeIntake:
    """One open case until it is moved; every door answers `status` where that is an error."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.moved: list[Any] = []

    def answer(self, method: str, path: str, body: Any) -> tuple[int, object]:
        if method == "POST":
            self.moved.append(body)
        waiting = [] if self.moved else [{"number": "0123456789ABCDEF"}]
        said = {"items": waiting, "action_id": "a", "status": "applied", "detail": "not yours"}
        return (202 if method == "POST" else self.status), said


@pytest.fixture
def intake() -> Iterator[FakeIntake]:
    fake = FakeIntake()
    with answering(fake.answer) as fake.url:
        yield fake


@pytest.fixture
def file(tmp_path: Path) -> DirectoryFile:
    path = tmp_path / "institutions.csv"
    path.write_text(TEXT, encoding="utf-8")
    return DirectoryFile(path)


@pytest.mark.parametrize(("status", "said"), [(401, "does not know this API key"), (403, "403")])
async def test_a_key_that_may_not_changes_nothing(
    intake: FakeIntake, file: DirectoryFile, status: int, said: str
) -> None:
    intake.status = status

    with pytest.raises(Misconfigured, match=said):
        await close(file, MERGE, url=intake.url, key="x", say=lambda _: None)

    assert file.text() == TEXT
    assert not file.names.exists()


async def test_every_case_says_who_took_over_since_when_and_by_what_law(
    intake: FakeIntake, file: DirectoryFile
) -> None:
    told: list[str] = []

    moved = await close(file, MERGE, url=intake.url, key="x", say=told.append)

    assert moved == 1
    assert [form["text"] for form in intake.moved] == [
        "Kementerian Sungai, Danau (kem-042) telah digabung ke Kementerian Kehutanan (kem-041)"
        " sejak 2026-11-22. UU 1/2026."
    ]
    assert told[0] == "kem-042 is closed; routers take 0 s to know"


async def test_without_a_successor_cases_say_that_it_is_no_more(
    intake: FakeIntake, file: DirectoryFile
) -> None:
    ending = Closure("kem-042", None, TODAY, settle=0.0)

    await close(file, ending, url=intake.url, key="x", say=lambda _: None)

    assert intake.moved[0]["text"].endswith("(kem-042) sudah tidak ada sejak 2026-11-22.")
    assert "institution" not in intake.moved[0]


async def test_the_same_again_waits_for_no_router_and_says_the_same(
    intake: FakeIntake, file: DirectoryFile
) -> None:
    await close(file, MERGE, url=intake.url, key="x", say=lambda _: None)
    first, told = file.text(), list[str]()

    await close(file, MERGE, url=intake.url, key="x", say=told.append)

    assert file.text() == first
    assert told == ["0 moved, 0 open"]
