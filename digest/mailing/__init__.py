"""Turn blocks and a subscriber into the exact bytes of one letter."""
