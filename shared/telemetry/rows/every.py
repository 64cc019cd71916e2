"""What every process exports."""

from shared.telemetry.metric_spec import EVERY, MetricSpec

ROWS = (
    MetricSpec(
        "salur_service_info",
        "gauge",
        ("service", "version"),
        "1: this process runs as this service.",
        source=EVERY,
    ),
)
# What the client library tells of the process itself; only on Linux.
PROCESS = (
    MetricSpec("process_virtual_memory_bytes", "gauge", (), "Virtual memory.", source=EVERY),
    MetricSpec("process_resident_memory_bytes", "gauge", (), "Memory in use.", source=EVERY),
    MetricSpec(
        "process_start_time_seconds", "gauge", (), "When the process started.", source=EVERY
    ),
    MetricSpec("process_cpu_seconds_total", "counter", (), "CPU time used.", source=EVERY),
    MetricSpec("process_open_fds", "gauge", (), "Open files and connections.", source=EVERY),
    MetricSpec("process_max_fds", "gauge", (), "Most files and connections.", source=EVERY),
)
