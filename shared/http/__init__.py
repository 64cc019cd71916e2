"""The HTTP server of every service, its problems, and which addresses may be called."""
