"""Sealing of personal text at rest, and the keyed hashes that let some of it be found again.

The key file holds one Fernet key a line, newest first. The newest seals; any of them opens. The hashes are made with
a key derived from the one that the store names as its own (`meta.key_id`), so that a rotation that was cut off half-way
changes nothing: the old key stays in charge until the transaction that re-seals everything has been committed.
"""

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from db.errors import WrongKey


def key_id(key: str) -> str:
    """A fingerprint that names a key without giving it away."""
    return hashlib.sha256(b"switchboard key " + key.encode()).hexdigest()[:16]


def read_keys(path: Path) -> list[str]:
    """The keys of the file, newest first; none where there is no file."""
    if not path.exists():
        return []
    keys = [line.strip() for line in path.read_text().splitlines() if line.strip()]
    for number, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError as error:
            raise WrongKey(f"{path}: line {number} is not a key.") from error
    return keys


def write_keys(path: Path, keys: list[str]) -> None:
    """Writes the file whole or not at all, readable by its owner only. A link to it stays a link."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("".join(f"{key}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _keep_name(path)


def _keep_name(path: Path) -> None:
    """A power cut must not bring the old file back: a store may be sealed with the new one's key by then."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def make_key_file(path: Path) -> list[str]:
    """Makes the first key unless another process was quicker, whose key then counts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.first")
    write_keys(draft, [Fernet.generate_key().decode()])
    try:
        os.link(draft, path)
        _keep_name(path)
    except FileExistsError:
        pass  # another process made it between our look and our link
    finally:
        draft.unlink()
    return read_keys(path)


class Cipher:
    """Seals with one key, opens with any, hashes with the one it seals with."""

    def __init__(self, key: str, older: list[str] | None = None) -> None:
        self.key_id = key_id(key)
        self._fernet = Fernet(key)
        self._all = [self._fernet, *(Fernet(k) for k in older or [])]
        derived = HKDF(SHA256(), 32, salt=None, info=b"switchboard lookup").derive(base64.urlsafe_b64decode(key))
        self._lookup = derived

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, token: str) -> str:
        for fernet in self._all:
            try:
                return fernet.decrypt(token.encode()).decode()
            except InvalidToken:
                continue
        raise WrongKey("The key file does not open what is stored; put back the one this store was made with.")

    def seal_maybe(self, text: str | None) -> str | None:
        return None if text is None else self.seal(text)

    def open_maybe(self, token: str | None) -> str | None:
        return None if token is None else self.open(token)

    def digest(self, kind: str, text: str) -> str:
        """A keyed hash: equal for equal texts of one kind, says nothing without the key."""
        return hmac.new(self._lookup, f"{kind}\0{text}".encode(), hashlib.sha256).hexdigest()
