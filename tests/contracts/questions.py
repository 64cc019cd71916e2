"""Everything that the stores of the services ask of shared collections, each question once."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from services.intake.actions.unit_register import UnitRegister
from services.intake.cases.models import AgencyQuery, TriageQuery
from services.intake.erasure.model import ErasureState, asked
from services.intake.erasure.store import MongoErasures
from services.intake.erasure.views import ErasureQuery
from services.intake.http.cursors import Position
from services.intake.identity.resealing import VaultResealer
from services.intake.identity.vault import VaultCodec
from services.intake.preferences.store import MongoOptOuts
from services.intake.store import MongoIntakeStore
from services.intake.submit.records import Receipt, ReceiptKind
from services.intake.subscriptions.delivery_log import DeliveryPosition, DeliveryQuery
from services.intake.subscriptions.store import MongoSubscriptions
from services.intake.unsent.store import MongoUnsent
from services.notifier.database import MongoNotifierStore
from services.notifier.domain.delivery.circuit import CircuitState
from services.notifier.domain.delivery.deliveries import Delivery, Lease
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from services.notifier.reporters.contacts import MongoReporterContacts
from services.notifier.store import RowRequest, Settlement
from services.router.deadlines.due_index import MongoDueCases
from services.router.domain.case.fold import Fold
from services.router.domain.case.timekeeper import UNTIMED, Timekeeper
from services.router.refusals_store import MongoRefusals
from services.router.store import MongoCases
from shared.contracts.case import Actor, ActorKind, ErasureReason, InputKind, Refusal, Status
from shared.contracts.deliveries import DeliveryState
from shared.contracts.identifiers import IssuedCode
from shared.contracts.refused_actions import RefusedAction
from shared.contracts.subscriptions import Subscription
from shared.database.collections import (
    CASES,
    CONTACTS,
    DELIVERIES,
    ENDPOINTS,
    LANES,
    OPT_OUTS,
    REFUSALS,
    UNITS,
)
from shared.database.mongo import Mongo
from shared.privacy.contacts import Contact
from shared.reference.accepted_units import MongoAcceptedUnits
from shared.runtime.clock import SetClock
from tests.intake.stored_rows import vault_row
from tests.router.lives import SAMPLES, after, opened
from tests.support.builders import (
    CONTACT_RING,
    RING,
    START,
    agency,
    complaint_id,
    follow_up,
    request,
)
from tests.support.deadline_cases import CLOCKS as LEGAL_CLOCKS

ONE, CODE, LATER = complaint_id("one"), "kab-3603", START + timedelta(days=1)
RECEIPT = Receipt(ONE, ReceiptKind.COMPLAINT, ONE, "public", b"f", START, tracking_hash=b"t")
AFTER = Position(START, ONE)
Calls = Mapping[str, Awaitable[object]]
Questions = list[tuple[object, Calls]]  # a store, and each of its methods called once


def of_intake(database: Mongo) -> Questions:
    store, unsent = MongoIntakeStore(database, VaultCodec(RING)), MongoUnsent(database)
    erasures, opt_outs = MongoErasures(database), MongoOptOuts(database)
    subscriptions, units = MongoSubscriptions(database), UnitRegister(database)
    resealer = VaultResealer(database, VaultCodec(RING), seals_plain=True)
    cases = AgencyQuery(
        status=(Status.ROUTED,), unit="PU", category="roads", since=START, until=LATER, overdue=True
    )
    log = DeliveryQuery(endpoint="main", state=(DeliveryState.PARKED,))
    place = DeliveryPosition(START, "one:id-main")
    row = asked(
        ONE,
        "1",
        Actor(kind=ActorKind.REPORTER),
        reason=ErasureReason.REQUESTED,
        asked_at=START,
        restrict_by=LATER,
    )
    return [
        (
            store,
            {
                "start": store.start(),
                "put_vault_rows": store.put_vault_rows([vault_row()]),
                "submission": store.submission(ONE),
                "add_receipts": store.add_receipts([RECEIPT]),
                "renew_receipt": store.renew_receipt(ONE, LATER),
                "receipt": store.receipt(ONE),
                "receipt_of": store.receipt_of("1"),
                "reissue": store.reissue(RECEIPT, IssuedCode("2", 1), b"h"),
                "known": store.known([ONE]),
                "acknowledge": store.acknowledge([ONE]),
                "case": store.case(ONE),
                "case_of_entry": store.case_of_entry(ONE),
                "refused": store.refused(ONE),
                "agency_cases": store.agency_cases(CODE, cases, after=AFTER),
                "waiting": store.waiting(TriageQuery(reason="rule", overdue=False), after=AFTER),
            },
        ),
        (
            unsent,
            {
                "unsent": unsent.unsent(before=LATER, most=1),
                "with_case": unsent.with_case([ONE]),
                "has_case_since": unsent.has_case_since(START),
                "mark": unsent.mark([ONE]),
                "forget": unsent.forget([ONE], before=LATER),
                "awaiting_case": unsent.awaiting_case(before=LATER, most=1),
                "settle_case": unsent.settle_case([ONE]),
                "claim_case": unsent.claim_case(ONE, before=START, until=LATER),
            },
        ),
        (
            erasures,
            {
                "start": erasures.start(),
                "erasure": erasures.erasure(ONE),
                "put_erasure": erasures.put_erasure(row),
                "erasures": erasures.erasures(
                    ErasureQuery(state=(ErasureState.HELD,)), after=AFTER
                ),
                "clear_vault": erasures.clear_vault([ONE]),
                "with_words": erasures.with_words([ONE]),
                "stats": erasures.stats(START),
            },
        ),
        (
            opt_outs,
            {
                "preferences_of": opt_outs.preferences_of(ONE),
                "choose": opt_outs.choose(["one"], wanted=True, at=START),
            },
        ),
        (
            subscriptions,
            {
                "subscription": subscriptions.subscription(CODE),
                "put_subscription": subscriptions.put_subscription(Subscription(agency=CODE)),
                "lanes": subscriptions.lanes(["id-main"]),
                "deliveries": subscriptions.deliveries(
                    CODE, log, names={"id-main": "main"}, after=place
                ),
            },
        ),
        (
            units,
            {
                "accept": units.accept(CODE, ["PU"], START),
                "withdraw": units.withdraw(CODE, "PU"),
                "listed": units.listed(CODE),
            },
        ),
        (resealer, {"run": resealer.run(say=lambda _: None), "left": resealer.left()}),
    ]


def of_router(database: Mongo) -> Questions:
    time = Timekeeper(LEGAL_CLOCKS, {})
    cases = MongoCases(database.cases(CASES), lambda: time)
    clocks = MongoDueCases(database.cases(CASES))
    refusals = MongoRefusals(database.cases(REFUSALS), SetClock(START))
    units = MongoAcceptedUnits(database.private(UNITS))
    new, acted = opened(), after(opened(), follow_up())
    operator = Actor(kind=ActorKind.OPERATOR, code="kantor")
    closed, erased = (
        after(acted, request(SAMPLES[kind], 2, actor=actor))
        for kind, actor in ((InputKind.COMPLETE, agency()), (InputKind.ERASE, operator))
    )
    folds = [Fold(None, new), Fold(new, acted), Fold(acted, closed), Fold(acted, erased)]
    refused = RefusedAction(
        action_id=ONE,
        complaint_id=ONE,
        actor=agency(),
        at=START,
        refusal=Refusal(code="not_holder", detail="another has the case"),
    )
    return [
        (
            cases,
            {
                "prepare": cases.prepare(),
                "load": cases.load([ONE]),
                "save": cases.save(folds),
                "restore": cases.restore([acted]),
            },
        ),
        (
            clocks,
            {
                "due": clocks.due(0, START, version="1"),
                "stale": clocks.stale(0, version="1", most=1),
                "retime": clocks.retime([new, closed], UNTIMED),
            },
        ),
        (refusals, {"prepare": refusals.prepare(), "keep": refusals.keep([refused])}),
        (units, {"accepted": units.accepted(CODE)}),
    ]


def of_notifier(database: Mongo) -> Questions:
    rows, lanes, endpoints = (database.private(one) for one in (DELIVERIES, LANES, ENDPOINTS))
    store = MongoNotifierStore(rows, lanes, endpoints)
    book = MongoReporterContacts(
        database.private(CONTACTS), database.private(OPT_OUTS), keys=CONTACT_RING
    )
    row = Delivery("1:2", "1", "2", CODE, ONE, 1, "source", 7, START, START, "{}", trace="t")
    wanted = RowRequest("2", ["source"], DeliveryState.PENDING, 1, skip=[ONE])
    lease = Lease("me", LATER)
    done = [
        Settlement("1:2", DeliveryState.REJECTED, DeliveryOutcome.REJECTED, 404),
        Settlement("1:3", DeliveryState.PENDING, DeliveryOutcome.REJECTED, 429, until=LATER),
    ]
    return [
        (
            store,
            {
                "prepare": store.prepare(),
                "endpoints": store.endpoints([CODE]),
                "insert": store.insert([row]),
                "blank": store.blank([ONE]),
                "survey": store.survey(["source"], but_not_of="me", skip=["3"]),
                "deferred": store.deferred(["source"]),
                "waiting": store.waiting(wanted),
                "claim": store.claim(["1", "2"], lease, state=DeliveryState.PARKED, now=START),
                "renew": store.renew(["1"], lease),
                "release": store.release(["source"], "me", keep=["1"]),
                "settle": store.settle("me", done, START),
                "park": store.park("2", keep=["1"]),
                "unpark": store.unpark("2"),
                "ladders": store.ladders(["2"]),
                "save_ladder": store.save_ladder("2", CODE, CircuitState(version=1)),
            },
        ),
        (
            book,
            {
                "reachable": book.reachable([ONE]),
                "contact": book.contact(ONE, Contact.EMAIL),
            },
        ),
    ]


ASKING: Mapping[str, Callable[[Mongo], Questions]] = {
    "intake": of_intake,
    "router": of_router,
    "notifier": of_notifier,
}


def questions_of(store: object) -> set[str]:
    """Return the names of a store's own public methods that ask the database."""
    return {
        name
        for name, method in vars(type(store)).items()
        if inspect.iscoroutinefunction(method) and not name.startswith("_")
    }
