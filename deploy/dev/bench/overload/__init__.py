"""What intake does with twice as many complaints as it can take."""
