"""A dead letter as a file that a person can mend: key, headers and value as one JSON document.

Text stands as it is, `{"json": …}` for what is JSON, `{"base64": "…"}` for what is no UTF-8.
"""

import base64
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from deploy.operate.dead_letters.reader import StoredDeadLetter
from shared.errors import Misconfigured
from shared.kafka.dead_letters import MAX_HEADER_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES
from shared.kafka.envelope import describe

MOST_BYTES = 8 * MAX_VALUE_BYTES  # of a file: escapes and indents make a value longer


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Json(_Strict):
    """Bytes that are a JSON document."""

    json_: Annotated[JsonValue, Field(alias="json")]


def _decoded(text: object) -> bytes:
    # The library's own type passes over what is no base64.
    return base64.b64decode(str(text), validate=True)


class Base64(_Strict):
    """Bytes that are no text."""

    base64: Annotated[bytes, BeforeValidator(_decoded)]


Content = str | Json | Base64


class DeadLetterFile(_Strict):
    """What the file says; `origin` is for the reader alone, it cannot be changed."""

    service: str
    at: int
    origin: dict[str, str] = {}
    key: Content | None
    headers: tuple[tuple[str, Content], ...]
    value: Content | None

    def onto(self, letter: StoredDeadLetter) -> StoredDeadLetter:
        """Return the letter with key, headers and value of the file, bound for the same topic."""
        headers = tuple((name, _bytes(content)) for name, content in self.headers)
        key = None if self.key is None else _bytes(self.key)
        value = None if self.value is None else _bytes(self.value)
        return replace(letter, key=key, headers=headers, value=value)


def write_letter(letter: StoredDeadLetter, path: Path, *, service: str) -> None:
    """Write a letter to a new file that its owner alone may read; Misconfigured if there is one."""
    document = {
        "service": service,
        "at": letter.offset,
        "origin": letter.origin,
        "key": None if letter.key is None else _content(letter.key),
        "headers": [[name, _content(value)] for name, value in letter.headers],
        "value": None if letter.value is None else _document(letter.value),
    }
    text = json.dumps(document, ensure_ascii=False, indent=2)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Misconfigured(f"{path} is not written: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")


def read_mended(path: Path, *, service: str, at: int) -> DeadLetterFile:
    """Return what a file says in the place of a letter.

    Raises:
        Misconfigured: it cannot be read, is of another letter, or longer than a record may be.
    """
    found = _parsed(path)
    if (found.service, found.at) != (service, at):
        raise Misconfigured(
            f"{path} is letter {found.at} of {found.service}, not letter {at} of {service}"
        )
    return found


def _parsed(path: Path) -> DeadLetterFile:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise Misconfigured(f"{path} has more than {MOST_BYTES} bytes")
        found = DeadLetterFile.model_validate(json.loads(text))
        _check_sizes(path, found)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise Misconfigured(f"{path} is no mended letter: {describe(error)}") from None
    except (ValueError, RecursionError) as error:
        raise Misconfigured(f"{path} is no JSON that can be sent: {type(error).__name__}") from None
    return found


def _check_sizes(path: Path, found: DeadLetterFile) -> None:
    if found.key is None and found.value is None:  # the client library sends no such record
        raise Misconfigured(f'{path}: key and value are both null; write one, if only as ""')
    sizes = {
        "key": (_size(found.key), MAX_KEY_BYTES),
        "value": (_size(found.value), MAX_VALUE_BYTES),
        "headers": (sum(len(n) + _size(v) for n, v in found.headers), MAX_HEADER_BYTES),
    }
    for name, (size, most) in sizes.items():
        if size > most:
            raise Misconfigured(f"{path}: {name} has {size} bytes; at most {most}")


def _size(content: Content | None) -> int:
    return 0 if content is None else len(_bytes(content))


def _bytes(content: Content) -> bytes:
    match content:
        case Json():
            return json.dumps(
                content.json_, ensure_ascii=False, separators=(",", ":"), allow_nan=False
            ).encode()
        case Base64():
            return content.base64
        case _:
            return content.encode()


def _content(value: bytes) -> object:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _document(value: bytes) -> object:
    """Return JSON as JSON, so that it can be edited; what would not survive that stays text."""
    text = _content(value)
    try:
        parsed = json.loads(value)
        json.dumps(parsed, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return text
    return {"json": parsed} if isinstance(parsed, (dict, list)) else text
