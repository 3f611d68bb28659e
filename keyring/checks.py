"""What `manage.py check --deploy` refuses about keys."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from keyring.errors import KmsUnavailable
from keyring.kms import providers
from keyring.kms.local import LocalKms


@register(Tags.security, deploy=True)
def check_root_keys(**_: Any) -> list[CheckMessage]:
    """Refuse a keyring that is missing, damaged, open to other accounts, or not wrapped under a passphrase."""
    try:
        chosen = providers()
    except KmsUnavailable as error:
        return [Error(str(error), id="keyring.E001")]
    return [finding for kms in chosen if isinstance(kms, LocalKms) for finding in _check_local(kms)]


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
