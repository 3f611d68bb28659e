"""What `manage.py check --deploy` refuses about keys."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from keyring.errors import KmsUnavailable
from keyring.kms import providers
from keyring.kms.local import LocalKms
from keyring.kms.transit import TransitKms


@register(Tags.security, deploy=True)
def check_root_keys(**_: Any) -> list[CheckMessage]:
    """Refuse a keyring file that is missing, damaged, open to others or not wrapped, and a transit that cannot wrap."""
    try:
        chosen = providers()
    except KmsUnavailable as error:
        return [Error(str(error), id="keyring.E001")]
    local = [finding for kms in chosen if isinstance(kms, LocalKms) for finding in _check_local(kms)]
    return local + [finding for kms in chosen if isinstance(kms, TransitKms) for finding in _check_transit(kms)]


def _check_transit(kms: TransitKms) -> list[CheckMessage]:
    """Ask the server once: a wrong address, certificate, credential or key type is found before the first write."""
    try:
        kms.unwrap(kms.wrap(bytes(32), context=b"check"), context=b"check")
    except KmsUnavailable as error:
        return [Error(str(error), id="keyring.E004")]
    return []


def _check_local(kms: LocalKms) -> list[CheckMessage]:
    try:
        roots = kms.root_keys()
    except KmsUnavailable as error:
        return [Error(str(error), id="keyring.E002")]
    if not roots.passphrase_protected:
        return [
            Error(
                f"The keyring file {kms.path} holds its root keys unwrapped.",
                hint="Create the keyring with SEALBOOK_KEYRING_PASSPHRASE set, or use a KMS.",
                id="keyring.E003",
            )
        ]
    return []
