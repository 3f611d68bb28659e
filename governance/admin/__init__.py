"""The officer's pages of governance. Importing them hangs them into the console."""

from governance.admin import (
    access,
    accounts,
    builds,
    clients,
    environments,
    freezes,
    graph,
    issuers,
    policies,
    purposes,
    reserved,
    rights,
    scripts,
    second_factors,
    webhooks,
    workloads,
)

__all__ = [
    "access",
    "accounts",
    "builds",
    "clients",
    "environments",
    "freezes",
    "graph",
    "issuers",
    "policies",
    "purposes",
    "reserved",
    "rights",
    "scripts",
    "second_factors",
    "webhooks",
    "workloads",
]
