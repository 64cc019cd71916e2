"""Which label a text has, and how sure: a sparse linear model over words and their pieces."""
