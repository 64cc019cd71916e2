"""What a stage tells of itself, in metrics of the catalogue."""

from shared.telemetry.registry import Telemetry


class StageMetrics:
    """The metrics of one stage, under its name."""

    def __init__(self, stage: str, telemetry: Telemetry) -> None:
        self._stage = stage
        self._telemetry = telemetry
        self.stopped = telemetry.gauge("salur_stage_stopped").labels(stage)

    def assigned(self, partitions: int) -> None:
        """Note an assignment of so many partitions."""
        self._count("salur_stage_rebalances_total")
        self._telemetry.gauge("salur_stage_partitions").labels(self._stage).set(partitions)

    def batch(self, records: int, *, seconds: float) -> None:
        """Note a batch that was handled to the end."""
        self._telemetry.counter("salur_stage_records_total").labels(self._stage).inc(records)
        self._telemetry.histogram("salur_stage_batch_seconds").labels(self._stage).observe(seconds)

    def committed(self, timestamp: float) -> None:
        """Note a commit, at a Unix time in seconds."""
        gauge = self._telemetry.gauge("salur_stage_last_commit_timestamp_seconds")
        gauge.labels(self._stage).set(timestamp)

    def commit_refused(self) -> None:
        """Note a commit that came too late: the group had moved on."""
        self._count("salur_stage_commits_refused_total")

    def lost(self, records: int) -> None:
        """Note records that Kafka deleted before they were read."""
        self._telemetry.counter("salur_stage_lost_records_total").labels(self._stage).inc(records)

    def heartbeat(self, age: float) -> None:
        """Note how many seconds ago the group answered last."""
        gauge = self._telemetry.gauge("salur_stage_heartbeat_age_seconds")
        gauge.labels(self._stage).set(age)

    def failure(self, error: str) -> None:
        """Note a batch that was put back."""
        self._count("salur_stage_failures_total", error)

    def dead_letter(self, reason: str) -> None:
        """Note a dead letter."""
        self._count("salur_dead_letters_total", reason)

    def refused(self, reason: str) -> None:
        """Note a record that was dropped, its sender answered."""
        self._count("salur_refused_records_total", reason)

    def _count(self, name: str, *labels: str) -> None:
        self._telemetry.counter(name).labels(self._stage, *labels).inc()
