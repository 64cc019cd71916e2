"""Contracts and plumbing that the four services share; never a business rule."""
