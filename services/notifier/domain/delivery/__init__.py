"""Deliveries and endpoints: order, filters, what an answer means, when to try again; no I/O."""
