"""What operators prove who they are with, in tests: a phone with an app, and passkeys made of software."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from allauth.mfa.totp.internal import auth
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client as Browser
from django.test import RequestFactory
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)
from pytest_django.asserts import assertRedirects

from governance.models import Account
from governance.operators.second_factors import factor_at
from tests.console.people import PASSWORD

PAGE, APP, CONFIRM, PASSKEY = (f"/second-factor/{path}" for path in ("", "app/", "confirm/", "passkey/"))
RECOVERY = "/second-factor/recovery-codes/"
SECRET = re.compile(r'class="factor-secret">([A-Z2-7]{32})<')
OPTIONS = re.compile(r'data-options="([^"]+)"')
CODES = re.compile(r"<code>(\d{4}-\d{4}-\d{4})</code>")
WRONG = "is not right, too old or was used before"
NOT_CONFIRMED = "did not confirm that it is you"
NOW = 1_800_000_015
ORIGIN = "http://localhost:8000"
FLAG = AuthenticatorData.FLAG
UNLOCKED = FLAG.UP | FLAG.UV


class Clock:
    """The clock of codes, which stands still in the middle of a step until a test moves it."""

    now = NOW

    def time(self) -> float:
        return self.now


def confirm_and_back(page: str) -> str:
    """The way to a proof and back to a page."""
    return f"{CONFIRM}?next={quote(page, safe='')}"


def code_of(secret: str, at: int = NOW) -> str:
    return auth.format_hotp_value(auth.hotp_value(secret, at // 30))


def wrong_code(secret: str) -> str:
    near = {code_of(secret, NOW + 30 * step) for step in range(-2, 4)}
    return next(code for code in map("{:06}".format, range(10)) if code not in near)


def shown_secret(browser: Browser) -> str:
    shown = SECRET.search(browser.get(APP).content.decode())
    assert shown is not None
    return shown[1]


def enrolled(browser: Browser) -> str:
    """Enrol an app in a browser where there is no factor yet, and return its secret."""
    secret = shown_secret(browser)
    answer = browser.post(APP, {"password": PASSWORD, "code": code_of(secret)})
    assert "Keep these recovery codes" in answer.content.decode()
    return secret


def confirmed(browser: Browser, code: str) -> None:
    assertRedirects(browser.post(CONFIRM, {"code": code}), PAGE)


def proved_at(browser: Browser, account: Account) -> object:
    """When the session says that a factor was proved."""
    request = RequestFactory().get(PAGE)
    request.session, request.user = browser.session, account
    return factor_at(request)


def asked_of(browser: Browser, page: str) -> dict[str, Any]:
    """What a page would hand to `navigator.credentials`."""
    shown = OPTIONS.search(browser.get(page).content.decode())
    assert shown is not None
    options: dict[str, Any] = json.loads(html.unescape(shown[1]))["publicKey"]
    return options


@dataclass
class SoftKey:
    """A passkey made of software: it answers like a browser with an authenticator, honestly unless told otherwise."""

    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    id: bytes = field(default_factory=lambda: uuid4().bytes)
    count: int = 0

    def made(self, options: dict[str, Any], *, origin: str = ORIGIN, flags: FLAG = UNLOCKED, **client: Any) -> str:
        """The answer to being asked for a new passkey."""
        credential = AttestedCredentialData.create(
            Aaguid.NONE, self.id, ES256.from_cryptography_key(self.key.public_key())
        )
        told = AuthenticatorData.create(sha256(options["rp"]["id"].encode()), flags | FLAG.AT, self.count, credential)
        return self._answer(
            clientDataJSON=client_data("webauthn.create", options, origin, **client),
            attestationObject=AttestationObject.create("none", told, {}),
        )

    def signed(
        self,
        options: dict[str, Any],
        *,
        origin: str = ORIGIN,
        flags: FLAG = UNLOCKED,
        kind: str = "webauthn.get",
        **client: Any,
    ) -> str:
        """The answer to being asked for a signature."""
        self.count += 1
        data = client_data(kind, options, origin, **client)
        told = AuthenticatorData.create(sha256(options["rpId"].encode()), flags, self.count)
        signature = self.key.sign(told + data.hash, ECDSA(SHA256()))
        return self._answer(clientDataJSON=data, authenticatorData=told, signature=signature)

    def _answer(self, **response: bytes) -> str:
        name = websafe_encode(self.id)
        told = {part: websafe_encode(value) for part, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": told})


def client_data(kind: str, options: dict[str, Any], origin: str, **client: Any) -> CollectedClientData:
    return CollectedClientData.create(kind, client.pop("challenge", options["challenge"]), origin, **client)


def with_passkey(browser: Browser, *, name: str = "", password: str = PASSWORD) -> SoftKey:
    """Enrol a passkey in a browser, and return it."""
    key = SoftKey()
    answer = browser.post(
        PASSKEY, {"passkey": key.made(asked_of(browser, PASSKEY)), "name": name, "password": password}
    )
    assert answer.status_code == 302 or "Keep these recovery codes" in answer.content.decode()
    return key
