"""Chaos: a whole system on three brokers under seeded faults, judged by an independent oracle.

A proving ground: nothing that is shipped needs it. `oracle/` knows neither services nor `shared/`.
"""
