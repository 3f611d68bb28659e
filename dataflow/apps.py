from __future__ import annotations

from django.apps import AppConfig


class DataflowConfig(AppConfig):
    name = "dataflow"
    verbose_name = "Personal data in motion"

    def ready(self) -> None:
        """Let the picture of an environment's configuration show what is published in its hub."""
        from dataflow.drawings import DRAWINGS
        from governance.drafts.drawings import draw

        draw(*DRAWINGS)
