"""Fetch papers politely, parse bytes into `Paper`s, judge what each answer is worth."""
