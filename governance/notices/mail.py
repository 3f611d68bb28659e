"""Notices as e-mails: plain text, without anybody's data. The same message keeps its id however often it is sent."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage

from governance.notices.line import PunctualBackend
from governance.notices.unsent import Unsent
from governance.notices.wording import page_about, wording_of
from keyring.plain import Plain

SECONDS = 60.0
"""For a whole message; a single word of the server's has `EMAIL_TIMEOUT`."""
_PERMANENT = 500
"""Replies from here on are permanent (RFC 5321, section 4.2.1)."""


def is_configured() -> bool:
    """Whether there is a server to hand e-mails to."""
    return bool(settings.EMAIL_HOST)


def must_answer() -> None:
    """Return where the server answers.

    Raises:
        Unsent: it does not.
    """
    line = PunctualBackend(seconds=SECONDS)
    with _told_apart(line):
        line.try_out()


def hand_over(message_id: UUID, address: Plain[str], *, subject: str, body: str) -> None:
    """Hand one e-mail to the server.

    Raises:
        Unsent: it was not taken.
    """
    line = PunctualBackend(seconds=SECONDS)
    message = EmailMessage(
        subject=f"[Sealbook] {subject}",
        body=body,
        to=[address.reveal()],
        headers={
            "Message-ID": f"<{message_id}@{urlsplit(settings.PUBLIC_URL).hostname or 'localhost'}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: no vacation notes come back
        },
        connection=line,
    )
    with _told_apart(line):
        message.send()


def send_mail(
    message_id: UUID, address: Plain[str], *, kind: str, about: UUID, environment_name: str, numbers: str = ""
) -> None:
    """Hand one notice to the server; `numbers` is what it says beside its wording, in lines.

    Raises:
        Unsent: it was not taken.
    """
    wording = wording_of(kind)
    whose = "" if wording.is_personal else f"Environment: {environment_name}\n"
    hand_over(
        message_id,
        address,
        subject=wording.subject,
        body=f"{wording.text}\n\n{numbers}{whose}{page_about(kind, about)}\n\n"
        "Sealbook sends nobody's data by e-mail: sign in to see more.\n",
    )


@contextmanager
def _told_apart(line: PunctualBackend) -> Iterator[None]:
    try:
        yield
    except (smtplib.SMTPException, OSError) as error:
        raise (Unsent("time") if line.is_over else _unsent(error)) from None
    except ValueError:  # an address that Django will not write down, or that the server's protocol cannot say
        raise Unsent("recipient refused", is_final=True) from None


def _unsent(error: Exception) -> Unsent:
    """Say why in our words; replies of the server may quote the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [reply[0] for reply in error.recipients.values()]
        return Unsent("recipient refused", is_final=all(code >= _PERMANENT for code in codes))
    return Unsent(next((cause for kind, cause in _CAUSES if isinstance(error, kind)), "connection"))


_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "sign-in refused"),
    (smtplib.SMTPNotSupportedError, "no TLS"),
    (smtplib.SMTPResponseException, "refused"),
    (ssl.SSLError, "certificate"),
    (TimeoutError, "time"),
)
"""What is no fault of the recipient's: the first that fits."""
