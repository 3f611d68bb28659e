"""What governance writes into the book."""

from __future__ import annotations

from audit.events import event

ENVIRONMENT_DEFINED = event("environment.defined", "name", "protected", "synthetic", "reasons")
ENVIRONMENT_CHANGED = event("environment.changed", "name", "protected", "synthetic", "reasons")
ACCOUNT_DEFINED = event("account.defined", "account", "kind", "groups", "reasons")
ACCOUNT_CHANGED = event("account.changed", "account", "active", "groups", "reasons")
PASSWORD_CHANGED = event("account.password_changed", "account", "reasons")
PASSWORD_RESET = event("account.password_reset", "account", "reasons")
GROUP_DEFINED = event("group.defined", "group", "name", "reasons")
GROUP_RETIRED = event("group.retired", "group", "name", "reasons")
CLIENT_DEFINED = event("client.defined", "client", "name", "kind", "reasons")
CLIENT_CHANGED = event("client.changed", "client", "name", "disabled", "reasons")
CLIENT_SECRET_ISSUED = event("client.secret_issued", "client", "prefix", "former_secrets_end", "reasons")
CLIENT_SECRET_WITHDRAWN = event("client.secret_withdrawn", "client", "prefix", "reasons")
RIGHT_GIVEN = event(
    "right.given",
    "right", "holder", "holder_kind", "operation", "resource_kind", "resource", "deny", "quota", "not_before",
    "not_after", "reasons",
)  # fmt: skip
RIGHT_WITHDRAWN = event(
    "right.withdrawn", "right", "holder", "holder_kind", "operation", "resource_kind", "resource", "reasons"
)
PURPOSE_DEFINED = event("purpose.defined", "purpose", "name", "legal_basis", "reasons")
PURPOSE_CHANGED = event("purpose.changed", "purpose", "name", "legal_basis", "reasons")
PURPOSE_RETIRED = event("purpose.retired", "purpose", "name", "reasons")
TEMPLATE_PUBLISHED = event("policy_template.published", "template", "name", "version", "reasons")
TEMPLATE_RETIRED = event("policy_template.retired", "template", "name", "version", "reasons")
TEMPLATE_VERSION_RETIRED = event("policy_template.version_retired", "template", "name", "version", "current", "reasons")
POLICY_PUBLISHED = event("access_policy.published", "policy", "name", "version", "reasons")
POLICY_RETIRED = event("access_policy.retired", "policy", "name", "version", "reasons")
POLICY_VERSION_RETIRED = event("access_policy.version_retired", "policy", "name", "version", "current", "reasons")
FROZEN = event("freeze.set", "freeze", "kind", "target", "reasons")
UNFROZEN = event("freeze.lifted", "freeze", "kind", "target", "reasons")
SIGNING_KEY_ROTATED = event("signing_key.rotated", "key", "retired", "reasons")
ROOT_REWRAPPED = event("root_key.rewrapped", "provider", "keys")
TOKEN_ISSUED = event("access_token.issued", "client", "expires", "reasons")
TOKEN_REFUSED = event("access_token.refused", "client", "reasons")
SIGNED_IN = event("operator.signed_in", "account")
SIGN_IN_REFUSED = event("operator.sign_in_refused", "throttled")
SIGNED_OUT = event("operator.signed_out", "account")
ENVIRONMENT_CHOSEN = event("environment.chosen", "account")
CALL_REFUSED = event("call.refused", "operation", "resource_kind", "resource", "reasons")
