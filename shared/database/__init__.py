"""MongoDB: the connection, what its failures mean, and the collections."""
