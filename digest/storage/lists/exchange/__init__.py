"""Lists as other programs write them, and ours for other programs.

`reading` takes a foreign file apart, `plan` says what an import of it would do, `writing` gives our
lists away. Which columns each program writes, and where that was found: docs/importing.md.
"""
