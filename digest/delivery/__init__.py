"""Put letters on the wire and say what happened to each."""
