"""Settings of the book."""

from __future__ import annotations

from pathlib import Path

import environ

_env = environ.Env()

AUDIT_MONTHS_AHEAD = 3
AUDIT_GATE = "governance.api.gates.may_audit"
"""Called with each request that wants to read the book; raises where the caller may not."""
AUDIT_ENVIRONMENTS = "governance.reconciled.environments"
AUDIT_RECONCILED = (
    "governance.reconciled.LEDGERS",
    "governance.reconciled_lives.LIVES",
    "userstore.reconciled.LEDGERS",
)
"""What of the floors above is compared with the book, and in which environments."""
AUDIT_SEALER_URL: str = _env("DATABASE_SEALER_URL", default="")
AUDIT_LOG_KEY = Path(_env("SEALBOOK_LOG_KEY")) if _env("SEALBOOK_LOG_KEY", default="") else None
"""The role sealbook_sealer and the key that signs: only where the queue of the sealer is worked on."""
AUDIT_TURN_SECONDS: float = _env.float("SEALBOOK_TURN_SECONDS", default=0.4)
AUDIT_WITNESSES: list[str] = _env.list("SEALBOOK_WITNESSES", default=[])
"""`name+hash+key address` each: who cosigns checkpoints of the book."""
AUDIT_LOG_PUBLIC_KEY: str = _env("SEALBOOK_LOG_PUBLIC_KEY", default="")
AUDIT_WITNESS_PUBLIC_KEYS: list[str] = _env.list("SEALBOOK_WITNESS_PUBLIC_KEYS", default=[])
"""What the console's verification believes: keys, or the files that they are in."""
AUDIT_UNSEALED_EXPORT_MINUTES: int = _env.int("SEALBOOK_UNSEALED_EXPORT_MINUTES", default=10)
AUDIT_UNSEALED_READ_MINUTES: int = _env.int("SEALBOOK_UNSEALED_READ_MINUTES", default=60)
"""After how long without sealing nothing is exported any more, and nothing read; 0: never."""
AUDIT_SLOWEST_MILLISECONDS: int = _env.int("SEALBOOK_SLOWEST_APPEND_MILLISECONDS", default=500)
"""After how long an entry counts as not written, so that nothing leaves and the call fails; 0: never."""
AUDIT_DIGEST_HOUR: int = _env.int("SEALBOOK_DIGEST_HOUR", default=6)
"""From which hour (UTC) on the day's digest of findings leaves; -1: never."""
AUDIT_KEEP_MONTHS: int = _env.int("SEALBOOK_KEEP_BOOK_MONTHS", default=0)
"""For how many whole months bodies of entries stay; their leaves stay for good. 0: all of them do."""
GOVERNANCE_STAFF_URL: str = _env("SEALBOOK_STAFF_URL", default="")
GOVERNANCE_STAFF_TOKEN: str = _env("SEALBOOK_STAFF_TOKEN", default="")
"""Where the staff directory is asked for twice a day (governance.actions.staff_pulling); empty: nowhere."""
AUDIT_CONTAINMENT = "governance.containing.StopAtOnce"
"""What stops access where a rule found something and an environment has switched that on."""
AUDIT_FACT_SOURCES = [
    "userstore.observing.TicketsElsewhere",
    "userstore.observing.OwnFacts",
    "userstore.staffing.StaffFacts",
    "userstore.staffing.MarkedPeople",
    "userstore.staffing.RegisteredJobs",
]
"""Where the analysis asks what explains accesses (audit.analysis.facts.FactSource)."""
GOVERNANCE_FEED_FOLDER = Path(_env("SEALBOOK_FEED_FOLDER")) if _env("SEALBOOK_FEED_FOLDER", default="") else None
"""Where feeds of the way "file" write, a folder for each environment; without it there are none."""
GOVERNANCE_FEED_AUTHORITIES: str = _env("SEALBOOK_FEED_AUTHORITIES", default="")
"""File with the certificates that syslog servers are proven by; the system's own where it is empty."""
