"""The private database in one file, and back: what Kafka never sees can come from nowhere else."""
