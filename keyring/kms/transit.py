"""Root keys in HashiCorp Vault or OpenBao: the transit engine wraps, the root key never leaves it.

    format version (1 byte) | version of the transit key (4) | what transit gave: nonce, ciphertext and tag

The key is of type aes256-gcm96. The context goes along as associated data, so a wrapped key opens under its own only.
"""

from __future__ import annotations

import ipaddress
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import hvac
import requests
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, Unauthorized, VaultError

from keyring.errors import KmsUnavailable, Unsealable

_FORMAT = 1
_LABEL = b"sealbook transit kms 1|"
_BODY_AT = 5
_LONGEST = 4096
_MISSING, _ARCHIVED = "encryption key not found", "disallowed by policy"


class TransitKms:
    """Wraps under the newest version of one transit key and unwraps under all that the server still allows.

    It proves itself with a token from a file (an agent keeps it fresh) or with an AppRole; where the server refuses
    the credential, it is fetched anew, once. The server's certificate is always verified.

    Args:
        address: `https://host:port`; clear text is for loopback only.
        token_file: file that holds the token.
        role_id: AppRole's role id; `secret_id_file` holds its secret id.
        ca: file with the certificate authority of the server; empty: the public ones.
        seconds: how long to wait for the server, to connect and to answer each.

    Raises:
        KmsUnavailable: the address or the credentials cannot be used as they are.
    """

    def __init__(
        self,
        *,
        name: str,
        address: str,
        key: str,
        mount: str = "transit",
        namespace: str = "",
        token_file: str = "",
        role_id: str = "",
        secret_id_file: str = "",
        approle_mount: str = "approle",
        ca: str = "",
        seconds: float = 5.0,
    ) -> None:
        if not _is_safe(address):
            raise KmsUnavailable("The transit address has to begin with https:// beyond loopback.")
        if bool(token_file) == bool(role_id and secret_id_file):
            raise KmsUnavailable("Transit needs either a token file, or a role id and a secret id file.")
        self.name = name
        self.key = key
        self._mount = mount
        self._token_file, self._role_id, self._secret_id_file = token_file, role_id, secret_id_file
        self._approle_mount = approle_mount
        self._new_client = partial(
            _client,
            url=address,
            verify=ca or True,
            timeout=seconds,
            namespace=namespace or None,
            allow_redirects=False,
        )
        self._lock = Lock()
        self._client: tuple[int, hvac.Client] | None = None

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        """Return the key wrapped under the newest version of the transit key."""
        answer = self._ask(
            lambda client: client.secrets.transit.encrypt_data(
                self.key, plaintext=_text(key), associated_data=_text(_LABEL + context), mount_point=self._mount
            )
        )
        if isinstance(answer, InvalidRequest):
            raise KmsUnavailable(
                f"The transit key {self.key!r} cannot wrap: create it with the type aes256-gcm96."
            ) from None
        wrapped = _packed(answer)
        if wrapped is None:
            raise KmsUnavailable("The transit server gave no ciphertext: is its address right?")
        return wrapped

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        """Return the key; raise `Unsealable` for anything this transit key did not wrap under this context."""
        version = int.from_bytes(wrapped[1:_BODY_AT], "big")
        # Version 0 is refused here: the server takes it for another name of the first.
        if not _BODY_AT < len(wrapped) <= _LONGEST or wrapped[0] != _FORMAT or version < 1:
            raise Unsealable
        ciphertext = f"vault:v{version}:{_text(wrapped[_BODY_AT:])}"
        answer = self._ask(
            lambda client: client.secrets.transit.decrypt_data(
                self.key, ciphertext=ciphertext, associated_data=_text(_LABEL + context), mount_point=self._mount
            )
        )
        if isinstance(answer, InvalidRequest):
            self._refuse_what_an_operator_can_mend(str(answer))
            raise Unsealable
        try:
            return b64decode(answer["data"]["plaintext"], validate=True)
        except (KeyError, TypeError, ValueError):
            pass  # raised below, outside this block, so that the error carries no context
        raise KmsUnavailable("The transit server gave no key: is its address right?")

    def _refuse_what_an_operator_can_mend(self, reason: str) -> None:
        if _MISSING in reason:
            raise KmsUnavailable(f"The transit server has no key {self.key!r} at {self._mount!r}: restore it.")
        if _ARCHIVED in reason:
            raise KmsUnavailable(
                f"The transit key {self.key!r} no longer opens a version in use: lower min_decryption_version, "
                "and run `manage.py rewrap_root` before raising it."
            )

    def _ask(self, question: Callable[[hvac.Client], Any]) -> Any:
        """Ask the server; an `InvalidRequest` is given back. Nothing of request or answer stays in an error."""
        answer = self._attempt(question, self._signed_in)
        if isinstance(answer, Forbidden | Unauthorized):
            answer = self._attempt(question, self._signed_in_anew)
        if isinstance(answer, Forbidden | Unauthorized):
            raise KmsUnavailable(
                f"The transit server refuses this credential: it needs `update` on {self._mount}/encrypt/{self.key} "
                f"and {self._mount}/decrypt/{self.key}."
            )
        if isinstance(answer, InvalidPath):
            raise KmsUnavailable(f"The transit server has no engine at {self._mount!r}.")
        if isinstance(answer, Exception) and not isinstance(answer, InvalidRequest):
            raise KmsUnavailable(f"The transit server cannot be asked: {type(answer).__name__}.")
        return answer

    def _attempt(self, question: Callable[[hvac.Client], Any], client: Callable[[], hvac.Client]) -> Any:
        """Return the answer, or what went wrong, without the frames and the request that hold the key."""
        try:
            return question(client())
        except (VaultError, requests.RequestException, ValueError) as error:
            failed: Exception = error
        if isinstance(failed, VaultError):
            return type(failed)(errors=failed.errors)
        return type(failed)() if isinstance(failed, requests.RequestException) else ValueError()

    def _signed_in(self) -> hvac.Client:
        """The client of this process: a connection is not shared across a fork."""
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                self._client = (os.getpid(), self._sign_in())
            return self._client[1]

    def _signed_in_anew(self) -> hvac.Client:
        with self._lock:
            self._client = None
        return self._signed_in()

    def _sign_in(self) -> hvac.Client:
        if self._token_file:
            return self._new_client(token=_secret_in(self._token_file))
        client = self._new_client(token=_NO_TOKEN)
        client.auth.approle.login(
            role_id=self._role_id, secret_id=_secret_in(self._secret_id_file), mount_point=self._approle_mount
        )
        return client

    def __repr__(self) -> str:
        return f"TransitKms(name={self.name!r})"


def _client(*, verify: str | bool, **options: Any) -> hvac.Client:
    """A client that heeds no proxy, password file or certificate of the environment."""
    session = requests.Session()
    session.trust_env, session.verify = False, verify
    return hvac.Client(session=session, verify=verify, **options)


_NO_TOKEN = "none"  # noqa: S105  any text: without one the client looks for a token in the environment and at home


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme == "https":
        return bool(parts.hostname)
    host = parts.hostname or ""
    try:
        return parts.scheme == "http" and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def _secret_in(path: str) -> str:
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        secret = ""
    if not secret:
        raise KmsUnavailable(f"The credential file {path} is missing, unreadable or empty.")
    return secret


def _packed(answer: Any) -> bytes | None:
    """The ciphertext `vault:v1:base64` in bytes; None where the answer has none."""
    try:
        _, version, body = answer["data"]["ciphertext"].split(":")
        return bytes((_FORMAT,)) + int(version.removeprefix("v")).to_bytes(4, "big") + b64decode(body, validate=True)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _text(value: bytes) -> str:
    return b64encode(value).decode("ascii")
