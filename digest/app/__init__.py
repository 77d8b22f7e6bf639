"""The foreman: the day's work, told by calling the rooms in turn.

`house` holds what the rooms need (config, clock, state). `compose`, `plan` and `deliver` are the
three steps of a day; `day` strings them together; `preview` and `doctor` look without touching.
"""

from digest.app.house import House

__all__ = ["House"]
