"""Why a case waits in triage: every reason that is no line of the rules, in words for officers."""

from collections.abc import Mapping

from services.router.domain.case.agencies import TO_AND_FRO
from services.router.domain.case.history import TRANSFERRED
from services.router.domain.case.supplement import GIVEN_UP
from services.router.domain.routing.findings import BuiltInRule

REASONS: Mapping[str, str] = {
    BuiltInRule.UNKNOWN: "nothing in the report says whose it is",
    BuiltInRule.REGION_MISSING: "a local matter, and the report does not say where",
    BuiltInRule.INCOMPLETE: "it lacks what its category must tell; its reporter is asked",
    BuiltInRule.AMBIGUOUS: "several institutions or regions are possible",
    BuiltInRule.UNSURE: "no category is sure enough",
    BuiltInRule.NOT_PROVISIONED: "its institution has no topic",
    BuiltInRule.CLOSED: "its institution is closed, and none has taken over",
    GIVEN_UP: "a supplement leads to an institution that gave the case up before",
    TRANSFERRED: "its institution gave it up and named no other",
    TO_AND_FRO: "two institutions would exchange it for the third time: an officer decides",
}
