"""What a router wrote and perhaps never said is said again, where Kafka has deleted the input."""
