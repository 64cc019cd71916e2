"""What is delivered, in which order, what an answer means, and when to try again; no I/O."""
