"""`GET /v1/agencies/{code}/complaints` and `GET /v1/triage`: who, what, and how it is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.intake.cases.models import AgencyQuery, TriageQuery
from services.intake.http.cursors import Position
from shared.contracts.case import Candidate, Case, InputKind, Outcome, Question, Similar, Status
from shared.contracts.deadlines import Deadline, LegalClock, Level
from tests.intake.conftest import IntakeBench, case_of, entry, problem_of
from tests.support.builders import START, complaint

OWN = "/v1/agencies/kab-3603/complaints"
TRIAGE = "/v1/triage"


def keep(intake: IntakeBench, *cases: Case) -> None:
    intake.store.cases = {each.complaint.complaint_id: each for each in cases}


def listed(number: int) -> Case:
    changed = entry(at=START - timedelta(minutes=number))
    return case_of(complaint(str(number)), changed)


def triaged(**changes: Any) -> Any:
    values = {"outcome": Outcome.TRIAGED, "status": Status.UNVERIFIED, "institution": None}
    return entry(**(values | changes))


class Reader:
    """Somebody with a key who asks for lists."""

    def __init__(self, intake: IntakeBench, headers: dict[str, str]) -> None:
        self.intake = intake
        self.headers = headers

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.intake.http.get(path, params=query, headers=self.headers)


async def reader(intake: IntakeBench, role: str = "operator", agency: str | None = None) -> Reader:
    return Reader(intake, await intake.key(role, agency=agency))


@pytest.mark.parametrize(
    ("role", "agency", "statuses"),
    [
        ("officer", None, (200, 200)),
        ("operator", None, (200, 200)),
        ("agency", "kab-3603", (200, 403)),
        ("agency", "prov-36", (403, 403)),
        ("gateway", None, (403, 403)),
    ],
)
async def test_who_may_read_which_list(
    intake: IntakeBench, role: str, agency: str | None, statuses: tuple[int, int]
) -> None:
    asking = await reader(intake, role, agency)

    for path, status in zip((OWN, TRIAGE), statuses, strict=True):
        answer = await asking.get(path)
        assert answer.status_code == status
        if status != 200:
            problem_of(answer, 403, "not_allowed")


@pytest.mark.parametrize("path", [OWN, TRIAGE])
async def test_lists_need_a_key(intake: IntakeBench, path: str) -> None:
    problem_of(await Reader(intake, {}).get(path), 401)
    problem_of(await Reader(intake, {"Tracking-Code": "x"}).get(path), 401)


async def test_what_is_no_code_has_no_list(intake: IntakeBench) -> None:
    problem_of(await (await reader(intake)).get("/v1/agencies/dinas/complaints"), 404)


@pytest.mark.parametrize(
    ("path", "query", "pointers"),
    [
        (OWN, {"limit": "0"}, ["/limit"]),
        (OWN, {"limit": "201"}, ["/limit"]),
        (OWN, {"limit": "banyak"}, ["/limit"]),
        (OWN, {"limit": ["1", "2"]}, ["/limit"]),
        (OWN, {"status": "selesai"}, ["/status/0"]),
        (OWN, {"status": ["routed", "x"]}, ["/status/1"]),
        (OWN, {"category": "Jalan Raya"}, ["/category"]),
        (OWN, {"unit": "x" * 101}, ["/unit"]),
        (OWN, {"unit": "a\0b"}, ["/unit"]),
        (OWN, {"overdue": "mungkin"}, ["/overdue"]),
        (OWN, {"since": "kemarin"}, ["/since"]),
        (OWN, {"since": "2026-02-30"}, ["/since"]),
        (OWN, {"until": "2026-03-01T08:00:00"}, ["/until"]),
        (OWN, {"until": "9999-12-31"}, ["/until"]),
        (OWN, {"since": "0001-01-01T00:00:00+14:00"}, ["/since"]),
        (OWN, {"cursor": ""}, ["/cursor"]),
        (OWN, {"cursor": "x" * 111}, ["/cursor"]),
        (OWN, {"cursor": "é" * 111}, ["/cursor"]),
        (OWN, {"limit": "0", "since": "x", "overdue": "?"}, ["/limit", "/overdue", "/since"]),
        (TRIAGE, {"reason": "Tidak Tahu"}, ["/reason"]),
        (TRIAGE, {"overdue": "mungkin"}, ["/overdue"]),
        (TRIAGE, {"limit": "-1", "cursor": "x"}, ["/limit"]),
        (TRIAGE, {"cursor": "x"}, ["/cursor"]),
    ],
    ids=str,
)
async def test_a_faulty_query_is_422_with_all_errors_and_quotes_nothing(
    intake: IntakeBench, path: str, query: dict[str, Any], pointers: list[str]
) -> None:
    answer = await (await reader(intake)).get(path, **query)

    errors = problem_of(answer, 422, "invalid_query")["errors"]
    assert sorted(error["pointer"] for error in errors) == pointers
    assert "kemarin" not in answer.text
    assert not intake.store.queries


async def test_filters_reach_the_store_as_they_were_meant(intake: IntakeBench) -> None:
    await (await reader(intake)).get(
        OWN,
        status=["routed", "in_progress"],
        unit="Dinas PU",
        category="roads",
        since="2026-03-01",
        until="2026-03-02",
        overdue="true",
        limit="7",
    )

    ((agency, query, after),) = intake.store.queries
    assert (agency, after) == ("kab-3603", None)
    # Days are days of western Indonesia, and the last one is meant whole.
    assert query == AgencyQuery.model_construct(
        limit=7,
        cursor=None,
        status=(Status.ROUTED, Status.IN_PROGRESS),
        unit="Dinas PU",
        category="roads",
        since=datetime(2026, 2, 28, 17, tzinfo=UTC),
        until=datetime(2026, 3, 2, 17, tzinfo=UTC),
        overdue=True,
    )


async def test_an_instant_as_until_is_not_included(intake: IntakeBench) -> None:
    await (await reader(intake)).get(OWN, until="2026-03-02T08:00:00+07:00")

    query = intake.store.queries[0][1]
    assert isinstance(query, AgencyQuery)
    assert query.until == datetime(2026, 3, 2, 1, tzinfo=UTC)


async def test_a_full_page_tells_where_the_next_begins(intake: IntakeBench) -> None:
    cases = [listed(number) for number in range(3)]
    keep(intake, *cases)
    asking = await reader(intake, "agency", "kab-3603")

    page = (await asking.get(OWN, limit=2, status="routed")).json()
    await asking.get(OWN, limit=50, status="routed", cursor=page["next"])

    shown = [item["number"] for item in page["items"]]
    assert shown == [case.complaint.number for case in cases[:2]]
    position = intake.store.queries[-1][2]
    assert position == Position(cases[1].last.at, cases[1].complaint.complaint_id)


async def test_the_last_page_has_no_next(intake: IntakeBench) -> None:
    keep(intake, listed(1), listed(2), case_of(complaint("waits"), triaged()))
    asking = await reader(intake)

    assert "next" not in (await asking.get(OWN, limit=2)).json()
    assert "next" not in (await asking.get(TRIAGE, limit=1)).json()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/agencies/prov-36/complaints", {}),
        (OWN, {"status": "routed"}),
        (TRIAGE, {}),
    ],
)
async def test_a_cursor_is_good_for_its_own_list_only(
    intake: IntakeBench, path: str, query: dict[str, str]
) -> None:
    keep(intake, listed(1), listed(2))
    asking = await reader(intake)
    cursor = (await asking.get(OWN, limit=1)).json()["next"]

    answer = await asking.get(path, **query, cursor=cursor)

    (error,) = problem_of(answer, 422, "invalid_query")["errors"]
    assert error["code"] == "invalid_cursor"


async def test_what_waits_is_shown_with_all_that_helps_to_decide(intake: IntakeBench) -> None:
    first = triaged()
    assert first.decision is not None
    made = first.decision.model_copy(
        update={
            "institution": None,
            "missing": ("place",),
            "questions": (Question(need="place", text="Di mana?", text_en="Where?"),),
            "similar": (Similar(number="0" * 16, likeness=0.9),),
            "candidates": (Candidate(institution="prov-36", confidence=0.4, reason="region"),),
        }
    )
    history = (
        triaged(decision=made),
        entry(2, input=InputKind.ROUTE, decision=None, text="Mohon segera."),
        triaged(
            seq=3,
            input=InputKind.TRANSFER,
            previous="kab-3603",
            decision=None,
            text="Bukan kami.",
        ),
        triaged(seq=4, input=InputKind.REPLY, outcome=Outcome.REFUSED, decision=None, text="x"),
    )
    keep(intake, case_of(complaint(), *history))

    (item,) = (await (await reader(intake, "officer")).get(TRIAGE)).json()["items"]

    assert item["text"] == complaint().text
    assert item["reason"] == "transferred"
    assert item["candidates"][0]["institution"] == "prov-36"
    assert (item["missing"], item["questions"][0]["need"]) == (["place"], "place")
    assert item["similar"][0]["number"] == "0" * 16
    assert [(one["institution"], one["text"]) for one in item["given_up"]] == [
        ("kab-3603", "Bukan kami.")
    ]
    assert "Mohon segera." not in str(item)
    assert item["supplements"] == []


async def test_what_waits_tells_the_last_deadline_that_rang_since(intake: IntakeBench) -> None:
    first, second = (
        Deadline(clock=LegalClock.ROUTE, level=level, due=START, armed_by=armed_by)
        for level, armed_by in ((Level.SUPERVISOR, 1), (Level.WARNING, 3))
    )
    late = triaged(seq=2, input=InputKind.DEADLINE_PASSED, outcome="escalated", deadline=first)
    given_up = (triaged(), late, entry(3), triaged(seq=4, previous="kab-3603"))
    warned = triaged(seq=5, input=InputKind.DEADLINE_PASSED, outcome="warned", deadline=second)
    histories = (triaged(), late), given_up, (*given_up, warned)
    keep(
        intake,
        *(
            case_of(complaint(str(n), received_at=START + timedelta(minutes=n)), *history)
            for n, history in enumerate(histories)
        ),
    )

    items = (await (await reader(intake, "officer")).get(TRIAGE)).json()["items"]

    assert [item["overdue"] for item in items] == [True, False, False]
    assert [item.get("deadline", {}).get("level") for item in items] == [
        *("supervisor", None, "warning")
    ]


async def test_the_filters_of_triage_reach_the_store(intake: IntakeBench) -> None:
    await (await reader(intake)).get(TRIAGE, reason="incomplete", overdue="true", limit=3)

    asked = TriageQuery(reason="incomplete", overdue=True, limit=3)
    assert intake.store.queries == [("triage", asked, None)]


@pytest.mark.parametrize(("path", "method"), [(OWN, "agency_cases"), (TRIAGE, "waiting")])
async def test_while_the_database_is_away_it_is_503(
    intake: IntakeBench, path: str, method: str
) -> None:
    intake.store.away.add(method)

    problem_of(await (await reader(intake)).get(path), 503, "unavailable")


async def test_the_lists_are_described(intake: IntakeBench) -> None:
    paths = (await intake.http.get("/openapi.json")).json()["paths"]

    own = paths["/v1/agencies/{code}/complaints"]["get"]
    named = {parameter["name"] for parameter in own["parameters"]}
    assert named == {"code"} | set(AgencyQuery.model_fields)
    triage = paths[TRIAGE]["get"]
    assert {each["name"] for each in triage["parameters"]} == set(TriageQuery.model_fields)
    for door in (own, triage):
        assert "application/problem+json" in door["responses"]["422"]["content"]
