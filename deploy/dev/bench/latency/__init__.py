"""How long a complaint takes at a given rate, from the moment it was due to be sent."""
