"""Counts what came of every complaint; reads `complaint-event`, exports to Prometheus."""
