"""Reference data of every service: the tables as they are shipped, names and units."""
