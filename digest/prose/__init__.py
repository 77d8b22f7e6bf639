"""What is known of plain text: sentences, letters as readers see them, lines of a terminal."""

from digest.prose.sentences import (
    SUMMARY_LENGTH,
    first_sentences,
    join_sentences,
    sentences,
    shorten,
    shorten_to_width,
    width_of,
)

__all__ = [
    "SUMMARY_LENGTH",
    "first_sentences",
    "join_sentences",
    "sentences",
    "shorten",
    "shorten_to_width",
    "width_of",
]
