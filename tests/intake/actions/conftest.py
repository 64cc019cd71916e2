"""An accepted complaint, and callers who ask for actions on it."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.intake.conftest import IntakeBench

FOLLOW_UP = {"kind": "follow_up", "text": "Sudah ditinjau."}


class Desk:
    """An accepted complaint, and callers who ask for actions on it."""

    def __init__(self, intake: IntakeBench, told: dict[str, str]) -> None:
        self.intake = intake
        self.number = told["number"]
        self.complaint_id = UUID(told["complaint_id"])

    async def caller(self, role: str) -> dict[str, str]:
        agency = "kab-3603" if role == "agency" else None
        return await self.intake.key(role, "meja", agency=agency)

    async def act(
        self, headers: dict[str, str], body: Any = FOLLOW_UP, key: str | None = None
    ) -> httpx.Response:
        named = headers | ({"Idempotency-Key": key} if key else {})
        path = f"/v1/complaints/{self.number}/actions"
        return await self.intake.http.post(path, json=body, headers=named)

    async def outcome(self, headers: dict[str, str], action: object) -> httpx.Response:
        return await self.intake.http.get(f"/v1/actions/{action}", headers=headers)

    def nothing_happened(self) -> bool:
        return len(self.intake.publisher.sent) == len(self.intake.store.receipts) == 1


@pytest.fixture
async def desk(intake: IntakeBench) -> Desk:
    return Desk(intake, await intake.accepted())
