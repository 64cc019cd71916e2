"""The dashboards, as data: a file of `boards/` each, and who writes it as Grafana's JSON."""

BOARDS = ("flow", "agencies", "nation", "internals")
