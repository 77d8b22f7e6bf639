"""Remember up to which letter an address's bounces are forgiven.

A person lifts a suppression because the mailbox works again. Reports about letters from before
may come for days after that, and must not suppress it anew.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa

from digest.storage.schema import bounce, campaign, delivery

#: A row of the book that is no report: all up to its edition is forgiven.
LIFTED = "lifted"


def forgive(connection: sa.Connection, address_key: str) -> None:
    """Count no bounce any more of what was mailed to the address up to now."""
    where = bounce.c.address_key == address_key
    connection.execute(bounce.update().where(where).values(forgotten=1))
    newest = (
        sa.select(campaign.c.edition, campaign.c.frozen_at)
        .join(delivery, delivery.c.edition == campaign.c.edition)
        .where(delivery.c.address_key == address_key)
        .order_by(campaign.c.frozen_at.desc())
        .limit(1)
    )
    letter = connection.execute(newest).first()
    if letter is None:
        return
    once = f"{LIFTED}\0{letter.edition}\0{address_key}"
    report = hashlib.sha256(once.encode("utf-8", "replace")).hexdigest()
    if connection.execute(sa.select(bounce.c.id).where(bounce.c.report == report)).first():
        return
    connection.execute(
        bounce.insert().values(
            report=report,
            address_key=address_key,
            edition=letter.edition,
            kind=LIFTED,
            status="",
            words="",
            source="",
            at=letter.frozen_at,
            forgotten=1,
        )
    )


def forgiven_up_to(connection: sa.Connection, address_key: str) -> datetime | None:
    """When the newest forgiven letter was frozen."""
    query = (
        sa.select(sa.func.max(campaign.c.frozen_at))
        .join(bounce, bounce.c.edition == campaign.c.edition)
        .where(bounce.c.address_key == address_key, bounce.c.kind == LIFTED)
    )
    found: datetime | None = connection.execute(query).scalar()
    return found
