"""How far every consumer group is behind, measured from outside."""
