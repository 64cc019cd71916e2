"""Legal deadlines: working days, limits, the timers of a history, and what is due when; no I/O."""
