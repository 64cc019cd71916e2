"""The rows of the metric catalogue, by the processes that export them."""
