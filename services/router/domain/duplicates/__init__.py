"""Which reports are alike: a sketch of each text, and how sketches are compared."""
