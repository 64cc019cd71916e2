"""Whom we trust when we connect: one file of authorities for everything, and what a refusal means.

Our own servers (Kafka, MongoDB, the collector of traces) are trusted by that file alone; what may
belong to others (mail server, SMS gateway, webhooks) by it or by the system's authorities.
"""

import ssl
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

WAY_OUT = (
    "give the server a certificate that the authorities in SALUR_CA_FILE have signed for this"
    " name, or put its authority into that file and restart"
)


def _readable(path: Path | None) -> Path | None:
    """Refuse at start what would look like a server that is away."""
    if path is not None:
        try:
            ssl.create_default_context(cafile=str(path))
        except OSError as error:
            reason = getattr(error, "reason", None) or error.strerror
            raise ValueError(f"{path} cannot be read as certificates in PEM: {reason}") from error
    return path


CaFile = Annotated[Path | None, AfterValidator(_readable)]


def own_authorities_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what trusts the authorities in the file alone; without one, the system's."""
    return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)


def public_authorities_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what trusts the system's authorities, and those in the file."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=str(ca_file))
    return context


def untrusted_reason(error: BaseException | None) -> str | None:
    """Return why a certificate is not trusted where that is behind an error, else None."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        # A library's own error may be of this kind too, and say nothing: it is behind it.
        if isinstance(error, ssl.SSLCertVerificationError) and hasattr(error, "verify_message"):
            return error.verify_message
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None
