"""Submissions that nobody finished, and those that Kafka lost: forgotten, or said again."""
