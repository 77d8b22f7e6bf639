"""The signing key is made once, is kept private, and is never replaced silently."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.storage.secret_key import fingerprint, load_keys

OLD, NEW = "o" * 32, "n" * 32


def test_it_is_made_once_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    first = load_keys(folder, None)
    assert load_keys(folder, None) == load_keys(folder, " ") == first
    assert len(first) == 1
    assert len(first[0]) == 64
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600


def test_programs_that_start_together_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_keys(tmp_path, None), range(8)))
    assert len(keys) == 1


def test_several_keys_come_newest_first(tmp_path: Path) -> None:
    assert load_keys(tmp_path, f"{NEW}, {OLD}") == (NEW.encode(), OLD.encode())
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "secret.key").write_text(f"{NEW}\n\n{OLD}\n")
    (tmp_path / "secret.key").chmod(0o600)
    assert load_keys(tmp_path, None) == (NEW.encode(), OLD.encode())


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    load_keys(tmp_path, None)
    (tmp_path / "secret.key").chmod(mode)
    with pytest.raises(ConfigError, match=r"can be read by others .* \(chmod 600"):
        load_keys(tmp_path, None)


def test_a_lost_key_is_not_made_again(tmp_path: Path) -> None:
    load_keys(tmp_path, None)
    (tmp_path / "secret.key").unlink()
    with pytest.raises(ConfigError, match="existed before"):
        load_keys(tmp_path, None)
    assert not (tmp_path / "secret.key").exists()
    assert load_keys(tmp_path, NEW) == (NEW.encode(),)


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe" * 20, b"\n\n"])
def test_a_file_that_is_no_key_is_refused_without_telling_it(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "secret.key").write_bytes(content)
    (tmp_path / "secret.key").chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        load_keys(tmp_path, None)
    assert "short" not in str(caught.value).replace("shorter", "")


def test_a_short_key_in_the_environment_is_refused_without_telling_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="DIGEST_SECRET_KEY") as caught:
        load_keys(tmp_path, f"{NEW},hunter2")
    assert "hunter2" not in str(caught.value)
    assert NEW not in str(caught.value)


def test_a_fingerprint_names_a_key_without_telling_it() -> None:
    names = {fingerprint(key.encode()) for key in (OLD, NEW, OLD)}
    assert len(names) == 2
    assert not any(name in key or key in name for name in names for key in (OLD, NEW))
