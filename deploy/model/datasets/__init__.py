"""Rows to learn from: read from a table, taken from officers' decisions, split to measure with."""
