"""No form takes files, so none is received: the framework would put it into a temporary file, unencrypted."""

from __future__ import annotations

from typing import NoReturn

from django.core.exceptions import SuspiciousMultipartForm
from django.core.files.uploadhandler import FileUploadHandler


class NoUploads(FileUploadHandler):
    """Ends a request at the first file in it with 400; the file is not read."""

    def new_file(self, *args: object, **kwargs: object) -> NoReturn:  # noqa: ARG002  Django's signature
        """Refuse."""
        raise SuspiciousMultipartForm("no files are received here")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep nothing; never reached."""

    def file_complete(self, file_size: int) -> None:
        """Give nothing; never reached."""
