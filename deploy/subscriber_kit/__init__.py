"""The subscriber's kit: what an institution's developer needs, and what makes it."""
