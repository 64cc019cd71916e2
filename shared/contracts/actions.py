"""What may be asked of a case: one model per kind of action, told apart by `kind`."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.case import (
    MAX_ACTION_BYTES,
    ArchiveReason,
    ErasureReason,
    InstitutionCode,
    Place,
    Rating,
)
from shared.contracts.identifiers import CATEGORY
from shared.contracts.value_objects import Frozen
from shared.normal_text import normalised, says_something


def _worded(text: str) -> str:
    """Return a text in its normal form; one that nobody can see says nothing."""
    normal = normalised(text).strip()
    if not says_something(normal):
        raise PydanticCustomError("nothing_said", "Write at least one letter or digit")
    return normal


ActionText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_ACTION_BYTES),
    AfterValidator(_worded),
]

CategorySlug = Annotated[str, Field(pattern=f"^{CATEGORY.pattern}$")]


class Route(Frozen):
    """An officer sends the case to an institution (disposisi).

    `investigation` tells whether it needs one (berkadar pengawasan): without it a category that is
    named tells, and without that it stays as it was.
    """

    kind: Literal["route"] = "route"
    institution: InstitutionCode
    unit: Annotated[str, Field(max_length=100)] | None = None
    category: CategorySlug | None = None
    investigation: bool | None = None
    text: ActionText | None = None


class Transfer(Frozen):
    """The institution says that the case is not its own (bukan wewenang).

    With `institution` the case goes there, without it back to triage.
    """

    kind: Literal["transfer"] = "transfer"
    institution: InstitutionCode | None = None
    text: ActionText


class ReturnToReporter(Frozen):
    """Something is missing: the case waits for the reporter (tunda)."""

    kind: Literal["return_to_reporter"] = "return_to_reporter"
    text: ActionText


class FollowUp(Frozen):
    """The institution tells what it does about the case (tindak lanjut)."""

    kind: Literal["follow_up"] = "follow_up"
    text: ActionText


class Supplement(Frozen):
    """The reporter adds what was missing (melengkapi laporan)."""

    kind: Literal["supplement"] = "supplement"
    text: ActionText
    place: Place | None = None


class Complete(Frozen):
    """The institution gives its final answer (selesai)."""

    kind: Literal["complete"] = "complete"
    text: ActionText


class AssignUnit(Frozen):
    """The case goes to a unit of the institution that holds it (disposisi ke unit).

    Officers and operators also correct its category this way, and whether it needs an
    investigation, as in `route`.
    """

    kind: Literal["assign_unit"] = "assign_unit"
    unit: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | (
        None
    ) = None
    category: CategorySlug | None = None
    investigation: bool | None = None
    text: ActionText | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.unit is None and self.category is None and self.investigation is None:
            raise PydanticCustomError(
                "nothing_named", "Name a unit, a category, or whether it needs an investigation"
            )
        return self


class Reply(Frozen):
    """The reporter answers the institution (tanggapan pelapor)."""

    kind: Literal["reply"] = "reply"
    text: ActionText


class Reopen(Frozen):
    """The answer does not settle it, or the case was archived by mistake (buka kembali)."""

    kind: Literal["reopen"] = "reopen"
    text: ActionText


class Rate(Frozen):
    """The reporter says how good the answer was (penilaian), from 1 to 5, 5 the best."""

    kind: Literal["rate"] = "rate"
    rating: Rating
    text: ActionText | None = None


class Archive(Frozen):
    """The case is closed without an answer (arsipkan)."""

    kind: Literal["archive"] = "archive"
    reason: ArchiveReason
    text: ActionText | None = None


class Erase(Frozen):
    """The words of the case are erased for good (penghapusan data pribadi).

    Intake asks for it when an operator has decided; it holds no words of its own.
    """

    kind: Literal["erase"] = "erase"
    reason: ErasureReason
    text: None = None


Action = Annotated[
    Route
    | Transfer
    | ReturnToReporter
    | Supplement
    | FollowUp
    | Complete
    | AssignUnit
    | Reply
    | Reopen
    | Rate
    | Archive
    | Erase,
    Field(discriminator="kind"),
]
