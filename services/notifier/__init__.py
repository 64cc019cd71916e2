"""Tells institutions: reads `agency-<code>`, keeps delivery rows, sends them as signed webhooks."""
