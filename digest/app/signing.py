"""The keys that sign the letters, from files or the environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from digest.app.house import House
from digest.config import DkimConfig
from digest.config.wording import variable
from digest.errors import ConfigError, Problem
from digest.storage.secret_key import read_private

if TYPE_CHECKING:
    from digest.mailing.dkim import Signer


def load_signers(house: House) -> tuple[Signer, ...]:
    """One signer for each of `delivery.dkim`; none where it is not set.

    Raises:
        ConfigError: a key is missing, readable by others, or none that DKIM takes.
    """
    if not house.config.delivery.dkim:
        return ()
    from digest.mailing.dkim import parse_signer

    domain = house.config.newsletter.sender.domain
    signers = []
    for dkim in house.config.delivery.dkim:
        where, pem = _load_pem(house, dkim)
        name = dkim.domain or domain
        signers.append(parse_signer(pem, selector=dkim.selector, domain=name, where=where))
    return tuple(signers)


def _load_pem(house: House, dkim: DkimConfig) -> tuple[str, bytes | str]:
    if dkim.key_file is not None:
        path = house.config.path(dkim.key_file)
        return str(path), _read_key(path)
    if pem := house.environ.get(dkim.key_env):
        return dkim.key_env, pem
    what = f"neither key_file nor {variable(dkim.key_env, 'key_env')} is set"
    mend = "put the private key in PEM form into the variable, or name its file"
    raise ConfigError([Problem(file="config.yaml", key="delivery.dkim", what=what, mend=mend)])


def _read_key(path: Path) -> bytes:
    try:
        return read_private(path, "delivery.dkim")
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise ConfigError([Problem(file=str(path), key="delivery.dkim", what=what)]) from None
