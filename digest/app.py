"""The day's work, told by calling the rooms in turn."""
