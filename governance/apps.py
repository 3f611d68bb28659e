"""WHO may see WHAT, WHERE and WHY."""

from __future__ import annotations

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        """Have `check --deploy` look at a sandbox helper, and processes write down which rights were used."""
        from django.core.checks import Tags, register

        from governance.policies.sandbox.checks import check_sandbox

        register(check_sandbox, Tags.security, deploy=True)

        from governance.actions.right_uses import put_down_behind_every_answer

        put_down_behind_every_answer()
