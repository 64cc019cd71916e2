"""What is told in words: of an event to institutions, of a case to its reporter; no I/O."""
