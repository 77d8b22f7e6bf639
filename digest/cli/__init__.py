"""The command line: words in, one foreman called, words and an exit code out."""
