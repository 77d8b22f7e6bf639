"""Real mail clients that show one letter: pictures for the docs, and what became of it."""
