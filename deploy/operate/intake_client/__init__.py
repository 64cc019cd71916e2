"""Sends complaints to intake over HTTP, as a channel's gateway would."""
