"""What each caller is shown of cases: one, or a list."""
