"""Reads the files that decisions and clocks rest on, and takes a new version into use whole."""
