"""What config.yaml says of mail that comes back: `bounces:`."""

from __future__ import annotations

from digest.config.values import Address, Positive, Seconds, Shape


class BouncesConfig(Shape):
    """Where bounces go, and what they do to a reader.

    With `address`, each letter has a return path of its own (`bounces+TOKEN@example.org`). An
    address is suppressed after hard bounces on `hard` different days, or soft ones on `soft`
    days within `soft_within`; a complaint counts at once.
    """

    address: Address | None = None
    hard: Positive = 1
    soft: Positive = 5
    soft_within: Seconds = 1209600.0
