"""${message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.storage.dialect import long_text, words

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """${message}"""
