"""The way of the tables from each version to the next; a revision is the schema's number."""
