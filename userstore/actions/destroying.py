"""What an erasure leaves of a person: nothing, or what a law obliges to keep, under a key and a handle of its own.

A law keeps a value where one of its purposes rests on a legal obligation and a retention of deleted values is set for
it. Such a value becomes a deleted one for these purposes alone; accessors of deleted values for such a purpose show it,
and the purge destroys it when its time is over.
"""

from __future__ import annotations

from collections import Counter
from os import urandom

from governance.actions.graph_users import remove_user
from governance.actions.unlinking import unlink_subject
from governance.models.purposes import LegalBasis
from keyring.actions import create_key, destroy_key
from keyring.keys import KeyKind, OpenKey
from keyring.places import cell_place
from userstore.definitions import definitions_of
from userstore.erasure.parting import part
from userstore.erasure.remains import Remains
from userstore.models import Credential, Subject, SubjectProof, Token, Value
from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.reading.opening import HANDLE_COLUMN
from userstore.retention.schedule import moment_of
from userstore.writing.ending import end_lapsed, end_values
from userstore.writing.keys import subject_key
from userstore.writing.storing import Pen, without_form


def destroy(subject: Subject, pen: Pen) -> Remains:
    """Destroy what is there of a locked subject, its key and its handle first of all.

    The caller holds the environment's transaction and has made sure that no legal hold stands against it.
    """
    remains = Remains(values=_counted(subject, pen))
    remains.tokens, _ = Token.objects.filter(subject=subject).delete()
    SubjectProof.objects.filter(subject=subject).delete()
    remains.credentials, _ = Credential.objects.filter(subject=subject).delete()
    remains.edges = remove_user(subject.public_id)
    unlink_subject(subject.public_id, environment_id=subject.environment_id)
    part(subject.environment_id, subject.public_id)
    key = subject_key(subject)
    _end_live_values(pen, subject, key)
    kept = _kept_by_law(subject, pen)
    if kept:
        _note_kept(remains, kept, pen)
        _seal_again(subject, kept, key, pen)
    else:
        destroy_key(environment_id=subject.environment_id, key_id=subject.key_id)
        subject.delete()
    return remains


def _counted(subject: Subject, pen: Pen) -> Counter[str]:
    names = {pk: column.name for pk, column in definitions_of(pen.standing).by_pk.items()}
    return Counter(names[pk] for pk in Value.objects.filter(subject=subject).values_list("column_id", flat=True))


def _end_live_values(pen: Pen, subject: Subject, key: OpenKey) -> None:
    columns = definitions_of(pen.standing).by_pk
    for row in Value.objects.filter(subject=subject, state=LIVE).order_by("column_id", "ordinal"):
        column = columns[row.column_id]
        left = end_lapsed(pen, subject, lambda _: key, column, row)
        if left is not None:
            end_values(pen, subject, column, [without_form(left)])
    pen.flush()


def _kept_by_law(subject: Subject, pen: Pen) -> list[Value]:
    """Reduce deleted values to the purposes that a law obliges to keep them for; drop the others."""
    standing, kept = pen.standing, []
    for row in Value.objects.filter(subject=subject, state=SOFT_DELETED).order_by("column_id", "ordinal"):
        places = [
            place
            for place, purpose in enumerate(row.purposes)
            if standing.purposes_by_number[purpose].legal_basis == LegalBasis.LEGAL_OBLIGATION
            and (row.expires[place] == 0 or row.expires[place] > pen.moment)
        ]
        if not places:
            row.delete()
            continue
        for name in ("purposes", "consent_ends", "since", "expires"):
            setattr(row, name, [getattr(row, name)[place] for place in places])
        row.retain_until = moment_of(row.expires)
        kept.append(row)
    return kept


def _note_kept(remains: Remains, kept: list[Value], pen: Pen) -> None:
    columns = definitions_of(pen.standing).by_pk
    for row in kept:
        remains.values[columns[row.column_id].name] -= 1
        for purpose, until in zip(row.purposes, row.expires, strict=True):
            name = columns[row.column_id].name, pen.standing.purposes_by_number[purpose].name
            count, latest = remains.kept.get(name, (0, until))
            remains.kept[name] = count + 1, 0 if 0 in (latest, until) else max(latest, until)
    remains.values = Counter({name: count for name, count in remains.values.items() if count > 0})


def _seal_again(subject: Subject, kept: list[Value], old: OpenKey, pen: Pen) -> None:
    """Seal what is kept under a new key and give the subject a new handle: the book no longer leads to it."""
    environment_id, columns = subject.environment_id, definitions_of(pen.standing).by_pk
    created = create_key(environment_id=environment_id, kind=KeyKind.SUBJECT)
    for row in kept:
        place = cell_place(environment_id, subject.public_id, columns[row.column_id].public_id, row.id)
        row.sealed = created.opened.seal(old.unseal(bytes(row.sealed), place), place)
        row.updated_at = pen.now
        row.save()
    destroy_key(environment_id=environment_id, key_id=subject.key_id)
    place = cell_place(environment_id, subject.public_id, HANDLE_COLUMN, created.id)
    subject.key_id, subject.handle = created.id, created.opened.seal(urandom(16), place)
    subject.erased_at = subject.erased_at or pen.now
    subject.updated_at, subject.version = pen.now, subject.version + 1
    subject.save()
