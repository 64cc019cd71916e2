"""The key of tracking codes, for the notifier: derived from intake's secret, never that itself."""

from services.intake.settings import LEAST_SECRET
from shared.errors import Misconfigured
from shared.identifiers import tracking_key


def notifiers_key(secret: str) -> str:
    """Return what NOTIFIER_TRACKING_KEY is for this INTAKE_SECRET, as 64 hexadecimal digits.

    Raises:
        Misconfigured: the secret is one that intake would not start with.
    """
    if len(secret) < LEAST_SECRET:
        raise Misconfigured(
            f"INTAKE_SECRET is missing or shorter than {LEAST_SECRET} characters; give intake's"
            " own, in the environment or on standard input"
        )
    return tracking_key(secret.encode()).hex()
