"""Names of regions, districts and villages, and which region a text means."""
