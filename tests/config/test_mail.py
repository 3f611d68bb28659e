"""Where notices are handed to: over TLS, or on this machine."""

from __future__ import annotations

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from config.mail import mail_settings

PUBLIC = "https://sealbook.example.com"


def read(monkeypatch: pytest.MonkeyPatch, url: str) -> dict[str, object]:
    monkeypatch.setenv("SEALBOOK_MAIL_URL", url)
    return mail_settings(environ.Env(), public_url=PUBLIC)


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example.com", 587, True, False),
        ("smtps://mail.example.com", 465, False, True),
        ("smtp://mail.example.com:25", 25, True, False),
        ("smtp://127.0.0.1:1025", 1025, False, False),
        ("smtp://localhost", 587, False, False),
        ("smtps://localhost", 465, False, True),
    ],
)
def test_beyond_this_machine_mail_goes_over_tls(
    monkeypatch: pytest.MonkeyPatch, url: str, port: int, tls: bool, ssl: bool
) -> None:
    found = read(monkeypatch, url)
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (port, tls, ssl)
    assert found["DEFAULT_FROM_EMAIL"] == "sealbook@sealbook.example.com"


def test_names_and_passwords_are_written_as_in_every_address(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, "smtp://me%40example.com:p%2Fw@mail.example.com")
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@example.com", "p/w")


def test_without_a_server_no_mail_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, "")["EMAIL_HOST"] == ""


@pytest.mark.parametrize("url", ["mail.example.com", "https://mail.example.com", "smtp://", "smtp://a:secret@h:no"])
def test_what_is_no_server_stops_the_start_and_is_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        read(monkeypatch, url)
    assert "secret" not in str(error.value).replace("user:password", "")
