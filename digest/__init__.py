"""Research papers as a daily email: collect, group by theme, render, send."""

__version__ = "0.1.0"
