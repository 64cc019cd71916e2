"""The four services. None imports another: ARCHITECTURE.md says what joins them."""
