"""Second factors of operators, as allauth reads its settings; of its accounts nothing else is in use."""

from __future__ import annotations

ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
MFA_ADAPTER = "governance.factors.authenticators.SealedAuthenticators"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Sealbook"
MFA_TOTP_TOLERANCE = 1
"""Time steps a phone's clock may be off by (RFC 6238, 5.2); a step that was used is good for nothing any more."""
MFA_RECOVERY_CODE_COUNT = 10
MFA_RECOVERY_CODE_DIGITS = 12
