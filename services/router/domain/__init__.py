"""What the router decides, pure: no Kafka, no database, no clock."""
