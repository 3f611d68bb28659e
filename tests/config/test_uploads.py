"""Files in forms: nobody asked for them, so none is received."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("path", ["/oidc/token", "/login/"])
def test_a_file_in_a_form_is_refused_and_lies_nowhere(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    browser = Client(raise_request_exception=False)
    file = SimpleUploadedFile("numbers.csv", b"+49 151 5550100," * 400_000)
    assert browser.post(path, {"grant_type": "client_credentials", "file": file}).status_code == 400
    assert not list(tmp_path.iterdir())


def test_a_form_of_several_parts_without_a_file_is_read() -> None:
    answer = Client().post("/oidc/token", {"grant_type": "client_credentials"})
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
