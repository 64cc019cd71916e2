"""Whether a reporter is written to."""
