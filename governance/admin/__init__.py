"""The officer's pages of governance. Importing them hangs them into the console."""

from governance.admin import (
    accounts,
    clients,
    environments,
    freezes,
    graph,
    issuers,
    policies,
    purposes,
    rights,
    scripts,
    second_factors,
)

__all__ = [
    "accounts",
    "clients",
    "environments",
    "freezes",
    "graph",
    "issuers",
    "policies",
    "purposes",
    "rights",
    "scripts",
    "second_factors",
]
