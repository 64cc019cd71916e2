"""Finds the institution that must answer a complaint: evidence, rules, finding; no I/O."""
