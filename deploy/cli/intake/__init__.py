"""Commands that call intake's doors, or work in its own store: cases, keys, audit, units."""
