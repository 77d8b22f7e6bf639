"""The `digest` command as a user who is not root: modes of files count for him.

    python -m tests.support.unprivileged WORDS...

Everything is loaded first, as that user may not be allowed to read where the program lies.
"""

import codecs
import importlib
import os
import pkgutil

import sqlalchemy.dialects.sqlite  # noqa: F401

import digest
from digest.cli import main

NOBODY = 65534

if __name__ == "__main__":
    for module in pkgutil.walk_packages(digest.__path__, "digest."):
        # Alembic loads its own, and not by their names.
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    codecs.lookup("utf-8-sig")
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    main()
