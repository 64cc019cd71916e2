"""Stage internals: batches, commits and rebalances of each stage, and the processes themselves."""

from deploy.dev.dashboards.panel import NAMESPACE, Board, Panel, Query, Row

_SERVICE = (
    f" * on (namespace, job, instance) group_left (service) salur_service_info{{{NAMESPACE}}}"
)


def _by_stage(promql: str) -> tuple[Query, ...]:
    return (Query(f"sum by (stage) ({promql})", "{{stage}}"),)


def _process(promql: str) -> tuple[Query, ...]:
    return (Query(f"sum by (service, instance) ({promql}{_SERVICE})", "{{service}} {{instance}}"),)


BATCHES = Row(
    "Batches",
    (
        Panel(
            "Records",
            _by_stage(f"stage:salur_records:rate5m{{{NAMESPACE}}}"),
            "cps",
            "Handled to the end, by stage.",
        ),
        Panel(
            "Records in a batch",
            (
                Query(
                    f"sum by (stage) (rate(salur_stage_records_total{{{NAMESPACE}}}[5m]))"
                    f" / sum by (stage) (rate(salur_stage_batch_seconds_count{{{NAMESPACE}}}[5m]))",
                    "{{stage}}",
                ),
            ),
            "short",
            "Mean; near the setting's 500 a stage is as busy as it can be.",
        ),
        Panel(
            "Time of a batch, 95 of 100",
            (
                Query(
                    "histogram_quantile(0.95, sum by (stage, le)"
                    f" (rate(salur_stage_batch_seconds_bucket{{{NAMESPACE}}}[5m])))",
                    "{{stage}}",
                ),
            ),
            "s",
            "With database and broker; a rollout must give a pod longer than this.",
        ),
        Panel(
            "Since the last commit",
            (
                Query(
                    "time() - max by (stage)"
                    f" (salur_stage_last_commit_timestamp_seconds{{{NAMESPACE}}})",
                    "{{stage}}",
                ),
            ),
            "s",
            "Long where nothing comes, and where a stage is stuck: look at the lag beside it.",
            alert="SalurStageStuck",
        ),
        Panel(
            "Batches put back",
            (
                Query(
                    f"sum by (stage, error) (rate(salur_stage_failures_total{{{NAMESPACE}}}[5m]))",
                    "{{stage}}: {{error}}",
                ),
            ),
            "cps",
            "Because something was away; nothing of them is lost.",
            alert="SalurStageRetries",
        ),
        Panel(
            "Stopped",
            (Query(f"sum by (stage) (salur_stage_stopped{{{NAMESPACE}}})", "{{stage}}"),),
            "none",
            "1 while a stage waits for `salur resume`.",
            alert="SalurStageStopped",
        ),
    ),
)
GROUPS = Row(
    "Groups",
    (
        Panel(
            "Partitions by instance",
            (
                Query(
                    f"sum by (stage, instance) (salur_stage_partitions{{{NAMESPACE}}})",
                    "{{stage}} {{instance}}",
                ),
            ),
            "short",
            "What each process has; an instance with none is one too many.",
        ),
        Panel(
            "Assignments",
            _by_stage(f"increase(salur_stage_rebalances_total{{{NAMESPACE}}}[15m])"),
            "short",
            "Received in 15 minutes; many without a rollout mean members that come and go.",
        ),
        Panel(
            "Commits refused",
            _by_stage(f"increase(salur_stage_commits_refused_total{{{NAMESPACE}}}[15m])"),
            "short",
            "In 15 minutes: the group had moved on, and the batch was said again.",
        ),
        Panel(
            "Lag by partition of complaint-input",
            (
                Query(
                    "max by (partition) (kafka_consumergroup_lag"
                    f'{{{NAMESPACE}, topic="complaint-input"}})',
                    "{{partition}}",
                ),
            ),
            "short",
            "One that alone grows is a stopped or overloaded partition.",
            width=12,
        ),
        Panel(
            "Clocks that are due",
            (
                Query(f"sum(salur_clocks_due{{{NAMESPACE}}})", "due"),
                Query(f"max(salur_clocks_oldest_due_seconds{{{NAMESPACE}}})", "oldest, seconds"),
            ),
            "short",
            "Cases whose next deadline has passed and is not settled.",
            width=12,
            alert="SalurClocksOverdue",
        ),
    ),
)
PROCESSES = Row(
    "Processes",
    (
        Panel(
            "CPU",
            _process(f"rate(process_cpu_seconds_total{{{NAMESPACE}}}[5m])"),
            "percentunit",
            "Of one core.",
        ),
        Panel(
            "Memory",
            _process(f"process_resident_memory_bytes{{{NAMESPACE}}}"),
            "bytes",
            "In use.",
        ),
        Panel(
            "Open files",
            _process(f"process_open_fds{{{NAMESPACE}}}"),
            "short",
            "Files and connections.",
        ),
        Panel(
            "Age of the counts",
            (
                Query(
                    f"time() - min by (instance) (salur_snapshot_timestamp_seconds{{{NAMESPACE}}})",
                    "{{instance}}",
                ),
            ),
            "s",
            "How long ago metrics refreshed what it exports.",
            alert="SalurSnapshotStale",
        ),
        Panel(
            "Time of a scrape",
            _process(f"scrape_duration_seconds{{{NAMESPACE}}}"),
            "s",
            "Tables are written out when they change, not when they are read.",
        ),
        Panel(
            "Lines of a scrape",
            _process(f"scrape_samples_scraped{{{NAMESPACE}}}"),
            "short",
            "About 9,000 at metrics for a whole country.",
        ),
    ),
)
# After the others: numbers of panels stay.
LOSSES = Row(
    "Refusals and losses",
    (
        Panel(
            "Refused records",
            (
                Query(
                    "sum by (stage, reason)"
                    f" (stage:salur_refused_records:increase15m{{{NAMESPACE}}})",
                    "{{stage}}: {{reason}}",
                ),
            ),
            "short",
            "Dropped in 15 minutes, their senders told why; they never stop a partition.",
        ),
        Panel(
            "Lost to retention",
            _by_stage(f"salur_stage_lost_records_total{{{NAMESPACE}}}"),
            "short",
            "Records that Kafka deleted unread, since each process began.",
            alert="SalurRecordsLost",
        ),
        Panel(
            "Since the group answered",
            (
                Query(
                    f"max by (stage, instance) (salur_stage_heartbeat_age_seconds{{{NAMESPACE}}})",
                    "{{stage}} {{instance}}",
                ),
            ),
            "s",
            "A process beyond 60 s is cut off: it publishes and exports nothing.",
            alert="SalurCutOff",
        ),
    ),
)
BOARD = Board(
    uid="salur-internals",
    title="Salur: stage internals",
    about="Batches, commits and rebalances of each stage, and the processes themselves.",
    rows=(BATCHES, GROUPS, PROCESSES, LOSSES),
)
