"""WHO may see WHAT, WHERE and WHY."""

from __future__ import annotations

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        """Have `check --deploy` start a sandbox helper and see how it is locked."""
        from django.core.checks import Tags, register

        from governance.policies.sandbox.checks import check_sandbox

        register(check_sandbox, Tags.security, deploy=True)
