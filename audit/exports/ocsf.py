"""Entries as OCSF events (Open Cybersecurity Schema Framework, version 1.9.0).

Reads and writes of personal data are Datastore Activity, sign-ins Authentication, rights and accounts Account Change,
findings Detection Finding, everything else API Activity. The profile `record_integrity` carries what the log proves:
`raw_data` is the body to the byte, and the attestation's fingerprint its leaf in the tree (RFC 6962, section 2.1). The
leaf's place is `attestation.uid`, and lies below the checkpoint in `unmapped`. OCSF's own fingerprint would be over the
OCSF record: that could be made anew by whoever changed it, and no checkpoint would speak of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from audit.exports.sealed import Checkpoint, SealedEntry

VERSION = "1.9.0"
PRODUCT = {"name": "Sealbook", "vendor_name": "Sealbook"}
ACCOUNT_CHANGE, AUTHENTICATION, FINDING, API, DATASTORE = 3001, 3002, 2004, 6003, 6005
_OTHER = 99


class _Class(NamedTuple):
    uid: int
    activity: int


_DATASTORE = {
    "accessor.executed": 4, "accessor.unmasked": 1, "subject.looked_at": 1, "subject.sought": 4, "consent.read": 1,
    "token.resolved": 1, "token.looked_up": 4, "token.created": 6, "token.inspected": 1, "mutator.executed": 2,
    "subject.created": 6, "subject.deleted": 7, "subject.erased": 7, "values.purged": 7, "consent.changed": 2,
    "seal.sealed": 9, "seal.unsealed": 10, "seal.resealed": 10, "graph.read": 1, "graph.checked": 4,
}  # fmt: skip
"""Kind of entry -> activity: 1 read, 2 update, 4 query, 6 create, 7 delete, 9 encrypt, 10 decrypt."""
_AUTHENTICATION = {"access_token.issued": 1, "operator.signed_in": 1, "operator.signed_out": 2}
_ACCOUNTS = ("client", "operator", "group", "right", "access_grant", "delegation", "identity", "passkey")
_ACCOUNT_ENDINGS = {"defined": 1, "given": 7, "activated": 7, "withdrawn": 8, "revoked": 8, "retired": 6, "disabled": 5}
_API_ENDINGS = {
    "defined": 1, "published": 1, "created": 1, "submitted": 1, "opened": 1, "read": 2, "listed": 2, "exported": 2,
    "changed": 3, "set": 3, "retired": 4, "deleted": 4, "withdrawn": 4,
}  # fmt: skip
_PROFILES = {FINDING: ["host", "record_integrity"]}
"""A finding has an actor in the profile `host` alone."""
_FINDINGS = {"finding.opened": 1, "finding.decided": 3}
_USERS = {"operator": (1, "User"), "client": (4, "Service"), "system": (3, "System"), "subject": (1, "User")}
_SEVERITIES = {"low": 2, "medium": 3, "high": 4, "critical": 5}
_BY_OUTCOME = {"done": (1, "Success"), "refused": (2, "Failure"), "failed": (2, "Failure")}


def event_of(entry: SealedEntry, checkpoint: Checkpoint) -> dict[str, Any]:
    """Return the event that an entry is. A body that is no entry's is told as API activity of nobody."""
    body = _read(entry.body)
    kind, facts, actor = str(body.get("kind", "")), _mapping(body.get("facts")), _mapping(body.get("actor"))
    uid, activity = _class_of(kind)
    status_id, status = _BY_OUTCOME.get(str(body.get("outcome")), (0, "Unknown"))
    event: dict[str, Any] = {
        "class_uid": uid,
        "category_uid": uid // 1000,
        "activity_id": activity,
        "activity_name": kind,
        "type_uid": uid * 100 + activity,
        "time": _milliseconds(body.get("at"), entry.recorded_at),
        "severity_id": _severity(uid, facts, status_id),
        "status_id": status_id,
        "status": status,
        "metadata": _metadata(entry, body, checkpoint, profiles=_PROFILES.get(uid, ["record_integrity"])),
        "actor": {"user": _user(actor)},
        "raw_data": entry.body,
        "attestation": _attestation(entry, checkpoint),
        "unmapped": {
            "environment": body.get("environment"),
            "decision": body.get("decision"),
            "facts": facts,
            "checkpoint": {"size": checkpoint.size, "note": checkpoint.note},
        },
    }
    reasons = facts.get("reasons")
    if isinstance(reasons, list) and reasons:
        event["status_detail"] = "; ".join(map(str, reasons))
    return event | _of_class(uid, kind, body, facts, actor)


def line_of(event: Mapping[str, Any], *, most: int | None = None) -> bytes:
    """Return an event as one line of JSON in ASCII, without its end; longer than `most` bytes, its raw data stays away.

    What it has of the entry then is the leaf, which leads to the body in an export.
    """
    told = json.dumps(event, separators=(",", ":")).encode()
    if most is None or len(told) <= most:
        return told
    unmapped = {name: value for name, value in event["unmapped"].items() if name != "facts"}
    rest = {name: value for name, value in event.items() if name not in ("raw_data", "status_detail")}
    return json.dumps(rest | {"unmapped": unmapped}, separators=(",", ":")).encode()


def _class_of(kind: str) -> _Class:
    thing, _, ending = kind.partition(".")
    last = ending.rpartition("_")[2]
    if kind in _DATASTORE:
        return _Class(DATASTORE, _DATASTORE[kind])
    if kind in _AUTHENTICATION:
        return _Class(AUTHENTICATION, _AUTHENTICATION[kind])
    if thing == "finding":
        return _Class(FINDING, _FINDINGS.get(kind, 2))
    if thing in _ACCOUNTS:
        return _Class(ACCOUNT_CHANGE, _ACCOUNT_ENDINGS.get(last, _OTHER))
    return _Class(API, _API_ENDINGS.get(last, _OTHER))


def _of_class(
    uid: int, kind: str, body: Mapping[str, Any], facts: Mapping[str, Any], actor: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a class demands beside the base event."""
    source = {"name": str(actor.get("kind") or "unknown"), "uid": str(actor.get("id") or "")}
    if uid == DATASTORE:
        through = facts.get("accessor") or facts.get("mutator") or facts.get("transformer") or ""
        database = {"name": str(facts.get("name") or kind.partition(".")[0]), "uid": str(through), "type_id": _OTHER}
        return {"src_endpoint": source, "database": database, "type_id": 1}
    if uid == AUTHENTICATION:
        return {"user": _user(actor), "service": {"name": PRODUCT["name"]}, "src_endpoint": source}
    if uid == ACCOUNT_CHANGE:
        target = next((facts[name] for name in ("holder", "grantee", "client", "account") if facts.get(name)), "")
        named = {"name": str(facts["name"])} if facts.get("name") else {}
        return {"user": {"uid": str(target), "type_id": 0} | named, "src_endpoint": source}
    if uid == FINDING:
        about = {"uid": str(facts.get("finding") or ""), "title": f"Detection {facts.get('detection') or ''}".strip()}
        return {"finding_info": about, "is_alert": kind == "finding.opened"}
    api: dict[str, Any] = {"operation": kind, "service": {"name": PRODUCT["name"]}}
    if body.get("request_id"):
        api["request"] = {"uid": str(body["request_id"])}
    return {"api": api, "src_endpoint": source}


def _metadata(
    entry: SealedEntry, body: Mapping[str, Any], checkpoint: Checkpoint, *, profiles: list[str]
) -> dict[str, Any]:
    return {
        "version": VERSION,
        "product": PRODUCT,
        "profiles": profiles,
        "uid": str(body.get("id", "")),
        "log_name": checkpoint.origin,
        "sequence": entry.index,
        "logged_time": int(entry.recorded_at.timestamp() * 1000),
    }


def _attestation(entry: SealedEntry, checkpoint: Checkpoint) -> dict[str, Any]:
    leaf = {"algorithm_id": _OTHER, "algorithm": "SHA-256 of a zero byte and raw_data (RFC 6962 leaf)"}
    return {
        "uid": str(entry.index),
        "authority_uid": checkpoint.origin,
        "chain_uid": checkpoint.origin,
        "fingerprint": leaf | {"value": entry.leaf.hex()},
    }


def _user(actor: Mapping[str, Any]) -> dict[str, Any]:
    type_id, type_ = _USERS.get(str(actor.get("kind")), (0, "Unknown"))
    return {"uid": str(actor.get("id") or actor.get("kind") or ""), "type_id": type_id, "type": type_}


def _severity(uid: int, facts: Mapping[str, Any], status_id: int) -> int:
    if uid == FINDING:
        return _SEVERITIES.get(str(facts.get("severity")), 1)
    return 1 if status_id == 1 else 2


def _milliseconds(at: object, otherwise: datetime) -> int:
    try:
        moment = datetime.fromisoformat(str(at))
    except ValueError:
        moment = otherwise
    return int((moment if moment.tzinfo else otherwise).timestamp() * 1000)


def _read(text: str) -> Mapping[str, Any]:
    try:
        return _mapping(orjson.loads(text))
    except orjson.JSONDecodeError:
        return {}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
