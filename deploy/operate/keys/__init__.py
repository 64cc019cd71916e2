"""Keys: of those who call intake, of the vault, of contacts and of tracking codes."""
