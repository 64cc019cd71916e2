"""The four services. None imports another: Kafka is the only way from one to the next."""
