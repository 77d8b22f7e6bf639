"""Many workers on one edition: its batches as jobs of a queue in the same PostgreSQL database."""
