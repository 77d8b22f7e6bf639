"""The state in a PostgreSQL database, which programs on many machines share."""
