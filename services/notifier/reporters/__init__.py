"""Tells reporters: reads `complaint-event`, keeps rows without a contact, writes when sending."""
