"""Sends what waits, endpoint by endpoint and in order, and records what came of it."""
