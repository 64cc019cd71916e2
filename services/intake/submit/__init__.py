"""Complaints: accepted, kept, sent to Kafka, and only then acknowledged."""
