"""How a stage consumes: past what cannot be read, at a pace, and only while its group is heard."""
