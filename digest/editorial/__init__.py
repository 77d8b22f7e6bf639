"""Make one edition of a day's papers: identity, rank, themes, composition."""
