"""Learning from labelled history: read, hold out, choose settings, fit, report."""
