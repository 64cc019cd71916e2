"""The life of a case: inputs folded into its history, and the events that the history gives."""
