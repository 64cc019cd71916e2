"""How an institution is told without Kafka, and what became of the messages to it."""
