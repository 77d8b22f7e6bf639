"""The command line: words in, the foreman called, words with an exit code out."""

from digest.cli.root import main

__all__ = ["main"]
