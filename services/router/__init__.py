"""Finds the institution that must answer; reads `complaint-input`, writes cases and events."""
