"""What was done and perhaps not said: it is found, and said again."""
