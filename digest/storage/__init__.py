"""Keep what outlives a run: lists, archive, ledger, suppressions, lock, cache."""
