"""Takes complaints and actions in, masks them, and answers only when Kafka has them."""
