"""What is counted and how: pure code, no Kafka, no database, no clock of its own."""
