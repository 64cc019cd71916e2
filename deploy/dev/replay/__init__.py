"""Replays known histories through the real services, and compares what they count."""
