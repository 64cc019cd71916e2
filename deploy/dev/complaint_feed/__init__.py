"""Invented complaints for a demo or a bench, and what must be turned away."""
