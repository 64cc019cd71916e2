"""Records that could not be handled: read, mended, and sent back the way they came."""
