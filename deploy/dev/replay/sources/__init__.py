"""What each source says of a scenario's figures: cohorts, cases, metrics and league."""
