"""Headers that several doors read themselves, as OpenAPI shows them.

The framework would take 30 microseconds for one, on the way of every complaint.
"""

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 200 visible ASCII characters; a UUID without an API key",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
TRACKING_CODE = {
    "name": "Tracking-Code",
    "in": "header",
    "required": False,
    "description": "the reporter's key, instead of an API key",
    "schema": {"type": "string", "maxLength": 60},
}
