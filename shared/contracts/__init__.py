"""What crosses Kafka and lies in the database: cases, actions, events, topics, ids."""
