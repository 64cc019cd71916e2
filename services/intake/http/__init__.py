"""What every request passes, whichever door it is for: access, limits, bodies, answers."""
