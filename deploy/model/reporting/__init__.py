"""What is told of a model: report, pictures, and the card beside its file."""
