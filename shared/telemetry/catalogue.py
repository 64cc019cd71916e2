"""The metric catalogue: every metric that a process may export, and every label it may have.

Label values are closed sets: no complaint, no person, no free text. A metric that is not here
cannot be made; `deploy/cluster/monitoring/METRICS.md` is written from it.
"""

from collections.abc import Mapping

from shared.telemetry.rows import every, intake, metrics, notifier, router, stages

# What a label may hold, and so how many values there can be.
LABELS: Mapping[str, str] = {
    "agency": "code of an institution of the directory (about 680); `none` for triage",
    "category": "main category, the largest `METRICS_CATEGORIES`; `other`, `none`",
    "channel": "channel of `shared/contracts/case.py`: web, app, sms and the like",
    "clock": "legal clock: route, first_follow_up, resolve, resolve_investigation, auto_close",
    "consumergroup": "consumer group of a stage, one of five",
    "direction": "`in` or `out`",
    "door": "path template of a door, never a path that was asked for; or `http`, `kafka`",
    "error": "name of an exception class for what is away for a while",
    "hops": "`0`, `1`, `2`, `3+`",
    "kind": "sign of misrouting, or kind of message to a reporter",
    "lane": "whose requests stand in line together: public, unproven, gateway, staff",
    "level": "who hears of a deadline: warning, holder, parent, supervisor, close",
    "limit": "rate limit of intake: by address, by key, by who acts; one of nine",
    "model": "version of the classifier, the newest `METRICS_VERSIONS`; `older`, `none`",
    "name": "name of the institution in the directory",
    "outcome": "what came of it, from the closed set of that metric",
    "partition": "number of a partition of a topic",
    "reason": "code of a permanent error, such as `not_json`, or of a refusal",
    "rule": "rule of the router's table, the largest `METRICS_RULES`; `other`",
    "service": "intake, router, notifier, metrics",
    "stage": "stage, by the name of its consumer group",
    "state": "state of an endpoint or of an erasure",
    "status": "status of a case, one of six; or an HTTP status code",
    "tier": "kementerian, lembaga, bumn, provinsi, kabupaten, kota",
    "topic": "topic that a service reads; two for each institution",
    "version": "version of directory, taxonomy and rules, the newest; or of the program",
    "way": "e-mail or SMS",
}

CATALOGUE = (
    *every.ROWS,
    *intake.ROWS,
    *stages.ROWS,
    *router.ROWS,
    *notifier.ROWS,
    *metrics.ROWS,
)
BY_NAME = {spec.name: spec for spec in CATALOGUE}
PROCESS = every.PROCESS
