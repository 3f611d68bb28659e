"""User names and passwords of subjects: checked, hashed, sealed. Nothing ever gives them back."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import get_password_validators, validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from keyring.actions import ensure_key
from keyring.errors import UnknownKey
from keyring.keys import IndexKey, KeyKind, OpenKey, index_key_for, live_index_keys
from keyring.places import cell_place
from keyring.plain import Plain
from keyring.rows import serialise
from userstore.errors import Conflict, Invalid
from userstore.models import Credential, Subject

INDEX_SCOPE = "username"
LONGEST = 256
USERNAME_COLUMN, PASSWORD_COLUMN = UUID(int=4), UUID(int=5)
"""The places of both: no column has these ids."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and a password somebody gave."""

    username: Plain[str]
    password: Plain[str]


@dataclass(frozen=True, slots=True)
class HashedLogin:
    """A user name, and what is kept of the password."""

    username: str
    password_hash: str

    def __repr__(self) -> str:
        return "HashedLogin(hidden)"


def hashed(login: Login) -> HashedLogin:
    """Check a user name and a password and hash the password, which takes a while on purpose.

    Raises:
        Invalid: a name or password that is empty, too long or too easy to guess; the text never repeats it.
    """
    name, password = login.username.reveal(), login.password.reveal()
    if not name.strip() or len(name) > LONGEST:
        raise Invalid(f"A user name has 1 to {LONGEST} characters.", field="username")
    if len(password) > LONGEST:
        raise Invalid(f"A password has at most {LONGEST} characters.", field="password")
    rules: Any = settings.USERSTORE_PASSWORD_VALIDATORS
    try:
        validate_password(password, password_validators=get_password_validators(rules))
    except ValidationError as weak:
        raise Invalid(" ".join(weak.messages), field="password") from None
    return HashedLogin(name, make_password(password))


def keep_login(subject: Subject, key: OpenKey, login: HashedLogin, *, now: datetime) -> None:
    """Seal a login for a subject; must run inside the environment's transaction.

    Raises:
        Conflict: somebody else in the environment has the user name, in whatever case.
    """
    environment_id = subject.environment_id
    index = _index(environment_id)
    _refuse_taken(environment_id, login.username)
    credential_id = uuid4()
    row = Credential(
        id=credential_id,
        environment_id=environment_id,
        subject=subject,
        blind=index.blind(username_form(login.username)),
        blind_version=index.version,
        username=key.seal(login.username.encode(), _place(subject, USERNAME_COLUMN, credential_id)),
        password=key.seal(login.password_hash.encode(), _place(subject, PASSWORD_COLUMN, credential_id)),
        created_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise _taken() from None


def _refuse_taken(environment_id: UUID, username: str) -> None:
    """Ask every live version of the index: during its rotation a name may be kept under an older one."""
    keys = live_index_keys(environment_id, INDEX_SCOPE)
    if len(keys) > 1:
        serialise(environment_id, "user names")  # two who believe in different versions would not see each other
    blinds = [key.blind(username_form(username)) for key in keys]
    if Credential.objects.filter(blind__in=blinds).exists():
        raise _taken()


def _taken() -> Conflict:
    return Conflict("There is a user with this user name.", field="username", remedy="Choose another one.")


def _index(environment_id: UUID) -> IndexKey:
    try:
        return index_key_for(environment_id, INDEX_SCOPE)
    except UnknownKey:
        ensure_key(environment_id=environment_id, kind=KeyKind.INDEX, scope=INDEX_SCOPE)
        return index_key_for(environment_id, INDEX_SCOPE)


def username_form(username: str) -> bytes:
    """Return what two spellings of one user name have in common, as the index compares it."""
    return unicodedata.normalize("NFKC", username).casefold().encode()


def _place(subject: Subject, column: UUID, credential_id: UUID) -> bytes:
    return cell_place(subject.environment_id, subject.public_id, column, credential_id)
