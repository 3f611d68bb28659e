"""The sealed store."""

from __future__ import annotations

from django.apps import AppConfig


class UserstoreConfig(AppConfig):
    name = "userstore"
    verbose_name = "User store"

    def ready(self) -> None:
        """Make columns, accessors and mutators known to rights and freezes, and furnish new environments."""
        from governance import catalogue
        from governance.drafts.drawings import draw
        from userstore.actions.builtin import complete_store, furnish_store
        from userstore.drawings import DRAWINGS
        from userstore.queries import named, uses_of_policy, uses_of_purpose
        from userstore.requesting import Accessors

        for kind in ("column", "accessor", "mutator"):
            catalogue.enter(kind, named(kind))
        catalogue.enter_requestables(Accessors())
        catalogue.ask_for_uses("purpose", uses_of_purpose)
        catalogue.ask_for_uses("access_policy", uses_of_policy)
        catalogue.furnish_with(furnish_store)
        catalogue.complete_with(complete_store)
        draw(*DRAWINGS)
