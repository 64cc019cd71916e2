"""E-mail addresses, as people type them: `budi@contoh.id`, `budi @ gmail . com`, `budi (at) …`."""

import re

EMAIL = "[email]"
_MOST_LOCAL = 128
_MOST_OPENED = 4  # characters before the sign that belong to it
_LOCAL = re.compile(r"[\w.%+'\-]")
# A bare "at" is a word: it needs a provider's name behind it.
_AT = re.compile(r"@|\b[aA][tT]\b")
_BRACKETED = re.compile(r"[(\[{<]..[)\]}>]")
_OPENED = re.compile(r"\s{0,2}[(\[{<]?\s?\Z")
_CLOSED = re.compile(r"\s?[)\]}>]?\s{0,2}")
_DOT = r"\s?[(\[]?(?:\.|\bdot\b|\btitik\b)[)\]]?\s?"
_PROVIDER = r"(?:gmail|gmai|gmial|googlemail|yahoo|ymail|rocketmail|hotmail|outlook|icloud|proton)"
_ENDINGS = r"(?:com|co|id|net|org|go|ac|sch|edu|or|web|my|sg|info|biz|me|xyz|mail)"
_DOMAIN = re.compile(r"[\w.\-]{1,253}\.[^\W\d_]{2,24}")
_LOOSE = re.compile(
    rf"{_PROVIDER}(?:mail)?\b(?:(?:{_DOT}|,){_ENDINGS}\b){{0,2}}"
    rf"|[\w\-]{{1,63}}(?:{_DOT}{_ENDINGS}\b){{1,3}}",
    re.IGNORECASE,
)
_NAMED = re.compile(_PROVIDER, re.IGNORECASE)


def mask_emails(text: str) -> str:
    """Return the text with e-mail addresses replaced by `EMAIL`."""
    parts, done = [], 0
    for found in _AT.finditer(text):
        span = _address(text, found, done)
        if span is not None:
            parts += [text[done : span[0]], EMAIL]
            done = span[1]
    return "".join((*parts, text[done:]))


def _address(text: str, at: re.Match[str], least: int) -> tuple[int, int] | None:
    opened = _OPENED.search(text, max(least, at.start() - _MOST_OPENED), at.start())
    closed = _CLOSED.match(text, at.end())
    if opened is None or closed is None:
        return None
    start = _start_of_local(text, opened.start(), least)
    if start == opened.start():
        return None
    is_bare = not (opened.group() or closed.group())
    end = _end_of_domain(text, at, closed.end(), is_bare=is_bare)
    return None if end is None else (start, end)


def _start_of_local(text: str, at: int, least: int) -> int:
    start = at
    while start > max(least, at - _MOST_LOCAL) and _LOCAL.match(text, start - 1):
        start -= 1
    return start


def _end_of_domain(text: str, at: re.Match[str], start: int, *, is_bare: bool) -> int | None:
    word = at.group() != "@"
    if is_bare and not word and (found := _DOMAIN.match(text, start)):
        return found.end()
    bracketed = (
        text[at.start() - 1 : at.start()] in "([{<" and text[at.end() : at.end() + 1] in ")]}>"
    )
    if word and not bracketed and not _NAMED.match(text, start):
        return None
    loose = _LOOSE.match(text, start)
    return loose.end() if loose else None
