from __future__ import annotations

from django.apps import AppConfig


class DataflowConfig(AppConfig):
    name = "dataflow"
    verbose_name = "Personal data in motion"

    def ready(self) -> None:
        """Show what is published in the hub among an environment's configuration, and let people's dead letters go."""
        from dataflow.actions.letter_keys import destroy_letter_keys
        from dataflow.drawings import DRAWINGS
        from governance.drafts.drawings import draw
        from userstore.erasure.parting import part_with

        draw(*DRAWINGS)
        part_with(destroy_letter_keys)
