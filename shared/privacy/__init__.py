"""What is kept of persons: their contacts, and the seal on it."""
