"""What makes a process: components, their life cycle, the clock, certificates."""
