"""Commands for a checkout alone: the local stack and what runs on it; never in the image."""
