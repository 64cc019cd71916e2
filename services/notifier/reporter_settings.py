"""How reporters are written to; a way without its server or gateway is off."""

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from shared.key_rings import FIRST, KeyRing, entries

MOST_PAGE = 50  # letters: it stands in every SMS
TRACKING_KEY = "NOTIFIER_TRACKING_KEY"
_BASE = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~-]+)*/?")
_KEY_HEX = re.compile(r"[0-9a-f]{64}")


class SmsSettings(BaseModel):
    """The SMS gateway as an HTTP request; without a URL nobody gets an SMS.

    `{to}`, `{text}` and `{id}` are filled in where they stand in `url` and `body`: percent-encoded
    in a URL and in a form, escaped in JSON, plain in anything else, as the content type says.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    url: SecretStr = SecretStr("")
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    content_type: str = "application/json"
    body: str = '{"to": "{to}", "text": "{text}", "id": "{id}"}'

    @property
    def is_on(self) -> bool:
        """Tell whether there is a gateway."""
        return bool(self.url.get_secret_value())

    @model_validator(mode="after")
    def _says_what_to_whom(self) -> Self:
        url = self.url.get_secret_value()
        if url and not url.startswith(("https://", "http://")):
            raise ValueError("NOTIFIER_SMS__URL must begin with https:// or http://")
        missing = [name for name in ("{to}", "{text}") if name not in url + self.body]
        if url and missing:
            raise ValueError(
                f"NOTIFIER_SMS__BODY or NOTIFIER_SMS__URL must hold {' and '.join(missing)}"
            )
        return self

    @field_validator("headers")
    @classmethod
    def _on_one_line(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        parts = [*value, *(one.get_secret_value() for one in value.values())]
        if any(not part.isprintable() for part in parts):
            raise ValueError("NOTIFIER_SMS__HEADERS: names and values stand on one line each")
        return value


class ReporterSettings(BaseModel):
    """What is told, and where a reporter finds more."""

    model_config = ConfigDict(frozen=True)

    # By business time: what came before a first start, or comes again from a back-up, is not told.
    most_age_hours: Annotated[float, Field(gt=0)] = 72.0
    # Per contact and way: anybody may give a stranger's, so it must not pay to.
    most_a_day: Annotated[int, Field(ge=1)] = 20
    page: str = ""
    links: str = ""  # where intake's doors are reached; without it no letter has a link of its own
    by_email: bool = True  # false where the mail server is for institutions alone

    @field_validator("links")
    @classmethod
    def _is_a_base(cls, value: str) -> str:
        if value and _BASE.fullmatch(value) is None:
            raise ValueError(
                "NOTIFIER_REPORTERS__LINKS must be the https:// address before intake's /v1, such"
                " as https://lapor.example.go.id"
            )
        return value.rstrip("/")

    @field_validator("page")
    @classmethod
    def _short(cls, value: str) -> str:
        if len(value) > MOST_PAGE or not value.isascii() or not value.isprintable():
            raise ValueError(
                f"NOTIFIER_REPORTERS__PAGE must be at most {MOST_PAGE} letters of ASCII,"
                " such as https://lapor.example.go.id"
            )
        return value


def keys_of(text: SecretStr) -> KeyRing:
    """Return the keys of tracking codes that `salur keys tracking` printed; an empty ring for none.

    Raises:
        ValueError: it is something else.
    """
    found = text.get_secret_value().strip()
    if _KEY_HEX.fullmatch(found):
        found = f"{FIRST}:{found}"
    keys = dict(entries(found, TRACKING_KEY))
    if not all(_KEY_HEX.fullmatch(value) for value in keys.values()):
        raise ValueError(
            f"{TRACKING_KEY} must be what `salur keys tracking` prints: 64 hexadecimal digits for"
            " each key; intake's secret does not belong here"
        )
    return KeyRing(TRACKING_KEY, {key_id: bytes.fromhex(value) for key_id, value in keys.items()})
