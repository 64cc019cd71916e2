"""Links reports that may tell of the same thing: the linker, and the log that all routers share."""
