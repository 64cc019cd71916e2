"""The faults: what can be broken, by what it strikes."""
