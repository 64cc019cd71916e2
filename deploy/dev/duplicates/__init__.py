"""How well possible duplicates are found, on a generated stream of retold events."""
