"""How vault rows and contacts lie in MongoDB: sealed, each sort under keys of its own.

What must be found or compared stays readable: ids, times, fingerprints, and marks, which are keyed
hashes.
"""

import logging
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from services.intake.submit.records import VaultRow, addresses_of
from services.intake.submit.submission import Reporter, Submission
from shared.contracts.documents import ContactDocument, SealedContacts
from shared.contracts.identifiers import FIRST_CODE
from shared.errors import Transient
from shared.key_rings import KeyRing, UnknownKey
from shared.privacy.contact_rows import contact_keys, from_code, open_contacts, sealed_contacts
from shared.privacy.contacts import Contact
from shared.privacy.sealing import Sealed, Sealer, Unopenable

log = logging.getLogger(__name__)
Document = dict[str, Any]
# Twice as fast as the models' own way, once for each complaint.
_FORM, _REPORTER = TypeAdapter(Submission), TypeAdapter(Reporter)
WORDS, REPORTER = "words", "reporter"


class PlainRow(Transient):
    """A row of before the vault was sealed; `salur keys rotate-vault --seal-plain` seals it."""


# Of one row, each: it holds up no other.
UNREADABLE = (UnknownKey, Unopenable, PlainRow)


class VaultCodec:
    """Writes and reads the documents of `vault`, and writes those of `contacts`."""

    def __init__(self, ring: KeyRing) -> None:
        self._vault = Sealer(ring)
        self._contacts = Sealer(contact_keys(ring))

    @property
    def newest(self) -> str:
        """Return the id of the key that seals."""
        return self._vault.newest

    def to_vault(self, row: VaultRow) -> Document:
        """Return the vault's document of a row."""
        words = _FORM.dump_json(row.submission, exclude_defaults=True)
        document = {
            "_id": row.id,
            "fingerprint": row.fingerprint,
            "at": row.at,
            "key": self.newest,
            WORDS: self._vault.seal(words, field=WORDS, of=row.id).value,
        }
        if row.reporter is not None:
            given = _REPORTER.dump_json(row.reporter, exclude_defaults=True)
            if given != b"{}":
                document[REPORTER] = self._vault.seal(given, field=REPORTER, of=row.id).value
        return document

    def to_contacts(self, row: VaultRow) -> ContactDocument | None:
        """Return the document of a row's contacts; None where nobody can be written to."""
        if row.reporter is None or not row.contacts:
            return None
        sealed = sealed_contacts(row.addresses, row.id, self._contacts)
        document: ContactDocument = {
            "_id": row.id,
            "at": row.at,
            "marks": {kind.value: mark for kind, mark in row.contacts.items()},
            "key": sealed["key"],
            "contacts": sealed["contacts"],
        }
        if row.code != FIRST_CODE:
            document["code"] = from_code(row.code)
        if not row.reporter.notify:
            document["notify"] = False
        return document

    def submission(self, document: Mapping[str, Any]) -> Submission:
        """Return the form in a vault document, its reporter too.

        Raises:
            Transient: it cannot be opened; the message, which is logged, says how to mend it.
        """
        form = orjson.loads(self._opened(document, WORDS))
        return Submission.model_validate(form | {"reporter": self.reporter(document)})

    def reporter(self, document: Mapping[str, Any]) -> Reporter | None:
        """Return the reporter in a vault document, and nothing else of it; Transient as above."""
        if REPORTER not in document:
            return None
        return Reporter.model_validate_json(self._opened(document, REPORTER))

    def resealed(self, document: Mapping[str, Any]) -> Document:
        """Return what changes in a vault document that is to be under the newest key.

        Raises:
            UnknownKey: the ring has not the key that it is under now.
            Unopenable: it is not what was sealed.
        """
        change: Document = {"key": self.newest}
        for field in (WORDS, REPORTER):
            if field in document:
                sealed = Sealed(document["key"], document[field])
                plain = self._vault.open(sealed, field=field, of=document["_id"])
                change[field] = self._vault.seal(plain, field=field, of=document["_id"]).value
        return change

    def resealed_contacts(self, document: Mapping[str, Any]) -> SealedContacts:
        """Return the same of a document of contacts."""
        contacts = open_contacts(cast("ContactDocument", document), self._contacts)
        return sealed_contacts(contacts, document["_id"], self._contacts)

    @staticmethod
    def from_plain(document: Mapping[str, Any]) -> VaultRow:
        """Return the row in a vault document of before there were keys."""
        place = {"place": {"text": document["place"]}} if "place" in document else {}
        words = {name: document[name] for name in ("title", "text", "category") if name in document}
        reporter = document.get("reporter")
        return VaultRow(
            id=document["_id"],
            fingerprint=document["fingerprint"],
            submission=Submission.model_validate({**words, **place}),
            reporter=Reporter.model_validate(reporter) if reporter else None,
            at=document["at"],
            contacts={Contact(kind): mark for kind, mark in document.get("contacts", {}).items()},
            addresses=addresses_of(Reporter.model_validate(reporter) if reporter else None),
        )

    def _opened(self, document: Mapping[str, Any], field: str) -> bytes:
        complaint: UUID = document["_id"]
        try:
            if "key" not in document:
                raise PlainRow(
                    f"the vault row of complaint {complaint} is not sealed: it is older than the"
                    " vault's keys; seal it with `salur keys rotate-vault --seal-plain`"
                )
            sealed = Sealed(document["key"], document[field])
            return self._vault.open(sealed, field=field, of=complaint)
        except Transient as error:
            log.error("the vault row of %s cannot be read: %s", complaint, error)
            raise
