"""What the kit's pages hold between markers: tables of the contract, and the example consumer."""

from pathlib import Path

from deploy.dev.generators.kit_wording import FIELDS, KINDS, OUTCOMES, REFUSALS
from deploy.markdown import markdown

KIT = Path(__file__).parents[2] / "subscriber_kit"
CONSUMER = "<!-- consumer -->", "<!-- /consumer -->"
EVENTS = "<!-- events -->", "<!-- /events -->"
ACTIONS = "<!-- actions -->", "<!-- /actions -->"
REFUSED = "<!-- refusals -->", "<!-- /refusals -->"


def consumer_block() -> str:
    """Return the example consumer as a block of Markdown that names its file."""
    text = (KIT / "consumer.py").read_text(encoding="utf-8")
    return f"```python consumer.py\n{text}```\n"


def events_table() -> str:
    """Return what an institution hears, by outcome, and the fields of an event."""
    outcomes = markdown(("`outcome`", "means"), ((f"`{k}`", v) for k, v in OUTCOMES.items()))
    fields = markdown(("field", "is"), ((f"`{k}`", v) for k, v in FIELDS["AgencyEvent"].items()))
    complaint = FIELDS["AgencyComplaint"].items()
    return f"{outcomes}\n{fields}\n" + markdown(
        ("field of `complaint`", "is"), ((f"`{k}`", v) for k, v in complaint)
    )


def actions_table() -> str:
    """Return what an institution may ask for."""
    rows = ((f"`{kind}`", fields, meaning) for kind, (fields, meaning) in KINDS.items())
    return markdown(("`kind`", "fields", "means"), rows)


def refusals_table() -> str:
    """Return why an institution's action may change nothing."""
    return markdown(("`code`", "because"), ((f"`{k}`", v) for k, v in REFUSALS.items()))
