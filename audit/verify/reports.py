"""What a verification found: for people in lines, for programs as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import IntEnum

MOST_SHOWN = 100


class Verdict(IntEnum):
    """What the exit status says."""

    WHOLE = 0
    BROKEN = 1
    UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the log signed it, from the entry `index` on and before `until`."""

    index: int
    until: int
    kind: str
    text: str

    @property
    def is_exact(self) -> bool:
        """Whether it names one entry."""
        return self.until == self.index + 1


@dataclass(slots=True)
class Report:
    """What was looked at, and what is wrong with it."""

    origin: str = ""
    scope: str = ""
    first: int = 0
    size: int = 0
    root: str = ""
    bodies: int = 0
    """Entries whose leaf was computed from the body."""
    withheld: int = 0
    """Entries of which the export has the hash alone."""
    checkpoints: int = 0
    witnessed: int = 0
    """How many of the entries the witnesses have seen."""
    witnessed_at: str = ""
    unwitnessed: int = 0
    """How many came since, which the log alone has signed."""
    unwitnessed_since: str = ""
    """When the first of these was written, as it says itself."""
    dropped: list[str] = field(default_factory=list)
    """Months whose bodies went, with how many entries; on record in the book."""
    findings: list[Finding] = field(default_factory=list)
    unshown: int = 0
    """Findings beyond the first hundred."""
    troubles: list[str] = field(default_factory=list)
    """What keeps the verifier from telling."""

    def add(self, finding: Finding) -> None:
        """Put a finding down."""
        if len(self.findings) < MOST_SHOWN:
            self.findings.append(finding)
        else:
            self.unshown += 1

    def seen(self, size: int, at: str) -> None:
        """Take a checkpoint that witnesses have seen, of so many entries, at a time in RFC 3339."""
        self.witnessed, self.witnessed_at, self.unwitnessed_since = size, at, ""

    def judge_witnesses(self, size: int, *, after: str) -> None:
        """Compare what witnesses saw with what there is, and when they did with what was asked for, if anything was."""
        self.unwitnessed = size - self.witnessed
        if not self.witnessed:
            self.troubles.append("no checkpoint here has enough witnesses")
        elif self.witnessed_at < after:
            self.troubles.append(f"witnesses saw it last at {self.witnessed_at}, which is longer ago than asked for")

    @property
    def verdict(self) -> Verdict:
        """One finding is enough; without any, one thing that cannot be told is."""
        if self.findings:
            return Verdict.BROKEN
        return Verdict.UNKNOWN if self.troubles else Verdict.WHOLE

    @property
    def first_bad(self) -> Finding | None:
        """The finding with the lowest index, or a narrower one within the range that it names."""
        lowest = min(self.findings, key=lambda each: (each.index, each.until), default=None)
        if lowest is None:
            return None
        within = [each for each in self.findings if lowest.index <= each.index and each.until <= lowest.until]
        return min(within, key=lambda each: (each.until - each.index, each.index))

    def as_json(self) -> str:
        """Return one JSON object."""
        bad = self.first_bad
        told = {
            "verdict": self.verdict.name.lower(),
            "first_bad_index": bad.index if bad else None,
            "first_bad_until": bad.until if bad else None,
            **asdict(self),
        }
        return json.dumps(told, sort_keys=True, indent=1)

    def as_text(self) -> str:
        """Return some lines."""
        lines = [f"log {self.origin}: entries {self.first} to {self.size}, root {self.root}"]
        lines.append(f"{self.bodies} computed from their bodies, {self.withheld} known by their hash alone")
        lines.append(f"{self.checkpoints} checkpoints; witnessed: {self.witnessed} {self.witnessed_at}".rstrip())
        if self.unwitnessed:
            lines.append(f"{self.unwitnessed} came since, which no witness has seen, from {self.unwitnessed_since} on")
        lines += [f"dropped with their month: {each}" for each in self.dropped]
        lines += [f"{each.kind}: entry {_place(each)}: {each.text}" for each in self.findings]
        lines += [f"and {self.unshown} more"] if self.unshown else []
        lines += [f"cannot tell: {each}" for each in self.troubles]
        bad = self.first_bad
        lines.append(f"{self.verdict.name.lower()}{f', first bad index {bad.index}' if bad else ''}")
        return "\n".join(lines)


def _place(finding: Finding) -> str:
    return str(finding.index) if finding.is_exact else f"{finding.index} or later, before {finding.until}"
