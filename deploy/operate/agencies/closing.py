"""Closes an institution: first the directory, by which nothing goes to it, then its open cases."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from deploy.operate.agencies.case_transfer import CaseTransfer, TransferOrder
from deploy.operate.agencies.directory_file import DirectoryFile
from deploy.operate.agencies.succession import DirectoryChange, closed, known
from deploy.operate.intake_client.client import IntakeClient

PATIENCE = 30.0  # seconds that one request is repeated


@dataclass(frozen=True, slots=True)
class Closure:
    """Who is closed since when, and who takes over; `reason` is added to what every case says."""

    code: str
    into: str | None
    on: date
    reason: str = ""
    settle: float = 15.0

    def change(self, text: str) -> DirectoryChange:
        """Return the directory with the institution closed."""
        return closed(text, self.code, self.into, on=self.on)

    def words(self, text: str) -> str:
        """Return what stands in every case moved; the same however often this is run."""
        one = known(text, self.code)
        what = "sudah tidak ada"
        if self.into is not None:
            what = f"telah digabung ke {known(text, self.into).name} ({self.into})"
        told = f"{one.name} ({one.code}) {what} sejak {one.closed}."
        return f"{told} {self.reason}".strip()


async def close(
    file: DirectoryFile, ending: Closure, *, url: str, key: str | None, say: Callable[[str], None]
) -> int:
    """Change the directory, then move open cases until none comes; return how many were moved.

    Raises:
        Misconfigured: the directory or intake refused something; nothing is changed where that
            shows before.
        Transient: intake or a router is away; the same again goes on where this ended.
    """
    async with IntakeClient(url, key, patience=PATIENCE) as intake:
        asked = TransferOrder(ending.code, ending.into, "", ending.settle)
        await CaseTransfer(intake, asked).check()
        is_new = file.change(ending.change)
        order = TransferOrder(ending.code, ending.into, ending.words(file.text()), ending.settle)
        if is_new:
            say(f"{ending.code} is closed; routers take {ending.settle:g} s to know")
            await asyncio.sleep(ending.settle)
        return await CaseTransfer(intake, order, say).move()
