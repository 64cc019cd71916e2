"""What only a checkout has: local stack, demo, bench, chaos, generators; never in the image."""
