"""Errors, typed by what happens next.

    SalurError
    ├── Transient        the same again later may succeed: seek back, wait, repeat
    │   ├── BrokerAway
    │   │   └── BrokerUntrusted     its certificate is of nobody we trust: all waits
    │   └── DatabaseAway
    │       ├── DatabaseUntrusted   the same of the database
    │       └── DatabaseRefuses     a right or a password is missing: all waits
    ├── Permanent        it cannot be read, or we made a mistake: it goes to the dead letters
    │   └── Undecodable
    ├── Refused          its sender may not have this: counted, answered, dropped
    └── Misconfigured    a person must change a setting or a file: the process refuses to start

A domain function never raises one of these for an outcome that the domain knows; it returns it.
Messages name the thing, the value and the way out, and never hold a citizen's words.
"""


class SalurError(Exception):
    """Base of all errors raised on purpose."""


class Transient(SalurError):
    """Repeat later: nothing is wrong with the record."""


class BrokerAway(Transient):
    """Kafka did not answer or did not acknowledge in time."""


class BrokerUntrusted(BrokerAway):
    """Kafka answers with a certificate that none of our authorities has signed for its name."""


class DatabaseAway(Transient):
    """MongoDB did not answer or could not acknowledge as asked."""


class DatabaseUntrusted(DatabaseAway):
    """MongoDB answers with a certificate that none of our authorities has signed for its name."""


class DatabaseRefuses(DatabaseAway):
    """MongoDB does not let this user do what it asks for."""


class Permanent(SalurError):
    """Dead-letter this record: repeating it cannot succeed.

    `code` is a short stable word for headers and metrics; `detail` is for the operator.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Undecodable(Permanent):
    """A record's headers or value do not follow the contract of its topic."""


class Refused(SalurError):
    """Drop this record: its sender asked for what cannot be done, and is told so.

    Whatever a caller can bring about by asking is this and no `Permanent`: neither a dead letter
    nor a failure, or one caller could stop a stage for everybody. Whoever raises it has the sender
    answered. `code` is a short stable word for the answer and for metrics.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Misconfigured(SalurError):
    """A setting or a data file is wrong; the message says which line and what to write instead."""
