"""Kafka clients: connections, producing, consuming, offsets, the envelope of a record."""
