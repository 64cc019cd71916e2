"""Erasures: asked for, decided, and carried out step by step."""
