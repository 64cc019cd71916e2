"""API keys, and what their callers may ask for."""
