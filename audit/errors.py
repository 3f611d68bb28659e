"""What can go wrong with the book."""

from __future__ import annotations


class AuditError(Exception):
    """Base of everything the recorder raises."""


class AuditUnavailable(AuditError):
    """The entry could not be written, so nothing may leave."""

    def __init__(self) -> None:
        super().__init__("the audit log cannot be written")


class AuditorNotConfigured(AuditError):
    """The book cannot be read here: the database alias of the auditor role is missing."""

    def __init__(self) -> None:
        super().__init__("reading the audit log needs DATABASE_AUDITOR_URL, the connection of the auditor role")


class EntryNotFound(AuditError):
    """This environment's part of the book has no such entry."""

    def __init__(self) -> None:
        super().__init__("no such audit entry")


class EventRefused(AuditError, ValueError):
    """An event was declared twice or under a malformed name."""


class FactRefused(AuditError, ValueError):
    """A fact does not belong into the book. The message names its key, never its value."""


class ParameterRefused(AuditError, ValueError):
    """A query parameter cannot be understood. The message names it and what was expected, never its value."""

    kind = "invalid"

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message)
        self.field = field


class SearchTooWide(ParameterRefused):
    """A search would go through more of the book than it may. The message says how to narrow it."""


class LogKeyUnusable(AuditError):
    """The key that signs the log, or a witness's, cannot be used. The message names the file, never the key."""


class FactsUnavailable(Exception):
    """A source of facts does not answer."""


class DetectionRefused(Exception):
    """A rule of the analysis is not what it says of itself."""


class FindingNotFound(AuditError):
    """There is no such finding in this environment."""


class NothingToContain(AuditError):
    """A finding names nothing that can be stopped; says why."""


class FindingRefused(AuditError, ValueError):
    """What is to be done with a finding cannot be done; names the field."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class SettingMoved(FindingRefused):
    """Somebody has set the rule since it was looked at."""


class BacktestsExhausted(FindingRefused):
    """As many backtests of the environment wait as may."""


class WitnessMisnamed(AuditError):
    """What is set of the witnesses cannot be understood."""


class MonthRefused(AuditError, ValueError):
    """A month of the book cannot be held or released like this."""


class VerificationRefused(AuditError, ValueError):
    """The book is not verified now; the message says why."""


class VerificationUnderWay(VerificationRefused):
    """Another verification of the environment has not ended."""


class VerificationsExhausted(VerificationRefused):
    """The environment has had as many verifications in an hour as it may have."""


class NothingToExport(AuditError):
    """The tree does not reach as far as was asked for, or the log has signed nothing yet."""


class RollUpRefused(AuditError):
    """The book cannot be counted anew now."""


class ExportWaits(AuditError):
    """Nothing is exported until the book is sealed again."""

    kind = "unavailable"
