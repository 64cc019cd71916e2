"""Tells institutions what is on `agency-<code>`, and reporters what is on `complaint-event`.

Keeps a row for each message, and sends it as a signed webhook, an e-mail or an SMS.
"""
