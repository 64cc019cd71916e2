"""Who reported: sealed in the vault, read by an audited call alone."""
