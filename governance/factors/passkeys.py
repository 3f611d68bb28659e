"""What a browser is asked to do with a passkey, and whether its answer proves one (WebAuthn level 2).

Passkeys belong to the public address of the installation, and to nothing else: an answer that was given at another
address proves nothing. The person has to unlock the passkey (user verification), by a finger, a face or a PIN.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from governance.models import Account

LONGEST_ANSWER = 64 * 1024
"""Characters; the answer of a passkey with a chain of certificates has some thousands."""
_UNLOCKED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Question:
    """What a browser is asked: options for `navigator.credentials`, and the challenge to compare its answer with."""

    options: dict[str, Any]
    challenge: str


@dataclass(frozen=True, slots=True)
class Held:
    """A passkey as it is kept: all of it is public."""

    credential: AttestedCredentialData
    signatures: int
    """How many signatures the passkey says it has made; 0 where it does not count."""

    @property
    def name(self) -> str:
        """The id under which the passkey knows itself, as text."""
        return websafe_encode(self.credential.credential_id)

    @property
    def text(self) -> str:
        """The id and the public key, as they are stored."""
        return websafe_encode(bytes(self.credential))


def held(text: str, *, signatures: int) -> Held:
    """Read what `Held.text` wrote."""
    return Held(AttestedCredentialData(websafe_decode(text)), signatures)


def origin() -> str:
    """Return the only address at which passkeys work, as browsers write it."""
    parts = urlsplit(settings.PUBLIC_URL)
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def are_possible() -> bool:
    """Say whether browsers make passkeys for the public address: a name, over TLS or on this machine."""
    parts = urlsplit(settings.PUBLIC_URL)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost"
    return False


def ask_for_new(account: Account, *, known: Sequence[Held]) -> Question:
    """Ask for a passkey that is none of those the account has."""
    options, state = _server().register_begin(
        PublicKeyCredentialUserEntity(id=account.pk.bytes, name=account.username, display_name=account.username),
        credentials=[one.credential for one in known],
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=_UNLOCKED,
    )
    return Question(dict(options), state["challenge"])


def ask_for_proof(*, known: Sequence[Held]) -> Question:
    """Ask one of the account's passkeys to sign."""
    options, state = _server().authenticate_begin([one.credential for one in known], user_verification=_UNLOCKED)
    return Question(dict(options), state["challenge"])


def read_new(answer: str, *, challenge: str) -> Held | None:
    """Return the passkey that was made for this challenge, here; None where the answer says anything else."""
    try:
        said = RegistrationResponse.from_dict(_parsed(answer))
        made = _server().register_complete(_state(challenge), said)
        if said.response.client_data.cross_origin or made.credential_data is None:
            return None
        return Held(made.credential_data, made.counter)
    except Exception:  # whatever parsers of hostile bytes raise: it proves nothing
        return None


def read_proof(answer: str, *, challenge: str, known: Sequence[Held]) -> Held | None:
    """Return the passkey that signed this challenge, here, with its new count; None where nothing is proved.

    A count that does not grow is that of a copy (WebAuthn level 2, 7.2, step 21), so it proves nothing either.
    """
    try:
        said = AuthenticationResponse.from_dict(_parsed(answer))
        credential = _server().authenticate_complete(
            _state(challenge), credentials=[one.credential for one in known], response=said
        )
        if said.response.client_data.cross_origin:
            return None
        (former,) = (one for one in known if one.credential.credential_id == credential.credential_id)
    except Exception:  # whatever parsers of hostile bytes raise: it proves nothing
        return None
    told: AuthenticatorData = said.response.authenticator_data
    counts = told.counter or former.signatures
    return None if counts and told.counter <= former.signatures else Held(former.credential, told.counter)


def _parsed(answer: str) -> Any:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("longer than any answer of a passkey")
    return json.loads(answer)


def _state(challenge: str) -> dict[str, Any]:
    if not challenge:
        raise ValueError("nothing was asked")  # else an answer to nothing would fit
    return {"challenge": challenge, "user_verification": _UNLOCKED}


def _server() -> Fido2Server:
    entity = PublicKeyCredentialRpEntity(id=urlsplit(settings.PUBLIC_URL).hostname or "", name="Sealbook")
    return Fido2Server(entity, verify_origin=lambda said: said == origin())
