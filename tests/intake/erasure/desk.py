"""A complaint that is to be erased, and everybody who has to do with it."""

from typing import Any
from uuid import UUID

import httpx

from services.router.domain.case.erasure import with_entry
from shared.contracts.case import Case, InputKind, Outcome
from shared.contracts.events import ActionRequested
from shared.reference.units import UnitNames
from tests.intake.conftest import IntakeBench, entry


class Desk:
    """A complaint with its case, its reporter's code and an operator's key."""

    def __init__(self, intake: IntakeBench, told: dict[str, str], key: dict[str, str]) -> None:
        self.intake = intake
        self.told = told
        self.id = UUID(told["complaint_id"])
        self.code = {"Tracking-Code": told["tracking_code"]}
        self.operator = key
        self.path = f"/v1/complaints/{told['number']}/erasure"

    async def decide(self, **order: str) -> httpx.Response:
        return await self.intake.http.post(self.path, json=order, headers=self.operator)

    async def ask(self, **wish: str) -> httpx.Response:
        return await self.intake.http.post(self.path, json=wish, headers=self.code)

    async def stands(self) -> dict[str, Any]:
        answer = await self.intake.http.get(self.path, headers=self.operator)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def turn(self) -> None:
        await self.intake.app.state.reception.erasing.turn()

    def router_blanks(self) -> Case:
        """Let the router have done what it was told."""
        case = self.intake.store.cases[self.id]
        last = entry(
            case.seq + 1, input=InputKind.ERASE, outcome=Outcome.ERASED, decision=None, text=None
        )
        self.intake.store.cases[self.id] = with_entry(case, last, UnitNames())
        return self.intake.store.cases[self.id]

    def requests(self) -> list[ActionRequested]:
        sent = self.intake.publisher.sent
        return [
            ActionRequested.model_validate_json(each.value)
            for each in sent
            if each.ce_type == "id.salur.input.action.v1"
        ]

    def gauge(self, name: str, *labels: str) -> float:
        gauge = self.intake.telemetry.gauge(name)
        return float((gauge.labels(*labels) if labels else gauge)._value.get())
