"""The tables of the book."""

from audit.models.analysis import (
    Alert,
    AnalysisCursor,
    BacktestRun,
    DetectionSetting,
    ExpectedWork,
    Finding,
    FindingComment,
    Recollection,
)
from audit.models.breach import BreachDossier, FindingDigest
from audit.models.entry import Entry
from audit.models.rollups import HourlyCount, RollUpCursor
from audit.models.tree import Cosignature, Integration, Leaf, MonthHold, SignedCheckpoint, Tile
from audit.models.verification import Verification

__all__ = [
    "Alert",
    "AnalysisCursor",
    "BacktestRun",
    "BreachDossier",
    "Cosignature",
    "DetectionSetting",
    "Entry",
    "ExpectedWork",
    "Finding",
    "FindingComment",
    "FindingDigest",
    "HourlyCount",
    "Integration",
    "Leaf",
    "MonthHold",
    "Recollection",
    "RollUpCursor",
    "SignedCheckpoint",
    "Tile",
    "Verification",
]
