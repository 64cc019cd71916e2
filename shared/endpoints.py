"""An institution's webhook, as intake keeps it and the notifier reads it."""

from pydantic import SecretStr

from shared.case import InstitutionCode
from shared.models import Frozen


class Endpoint(Frozen):
    """Where an institution wants to be told, and the secret its signature is made with.

    `secret` has the form `whsec_<base64>` of Standard Webhooks. A changed URL gets a new
    `endpoint_id`, so that a ladder of failures is never inherited.
    """

    endpoint_id: str
    agency: InstitutionCode
    url: str
    secret: SecretStr
