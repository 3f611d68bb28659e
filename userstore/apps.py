"""The sealed store."""

from __future__ import annotations

from django.apps import AppConfig


class UserstoreConfig(AppConfig):
    name = "userstore"
    verbose_name = "User store"

    def ready(self) -> None:
        """Make columns, accessors and mutators known to rights and freezes, and furnish new environments."""
        from governance import catalogue
        from userstore.actions.builtin import furnish_store
        from userstore.queries import definitions_using_policy, named, users_of_purpose

        for kind in ("column", "accessor", "mutator"):
            catalogue.enter(kind, named(kind))
        catalogue.ask_for_users("purpose", users_of_purpose)
        catalogue.ask_for_users("access_policy", definitions_using_policy)
        catalogue.furnish_with(furnish_store)
