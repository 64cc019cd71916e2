"""Institutions come, are renamed, merged and closed: the directory, and the cases that move."""
