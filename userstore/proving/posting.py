"""Letters leave once their record is committed: a code behind the answer, the notice before anything opens."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from uuid import uuid4

from django.db import connections

from audit.events import EventKind
from audit.recorder import append
from governance.errors import Unavailable
from governance.identities import Caller
from governance.notices import mail
from governance.notices.unsent import Unsent
from keyring.plain import Plain
from userstore.events import SUBJECT_CODE_SENT, SUBJECT_PROVED
from userstore.models import SubjectProof
from userstore.proving import letters

_posting = ThreadPoolExecutor(max_workers=4, thread_name_prefix="letters")
"""Threads of this process, which waits for them when it ends: a code is in their memory and nowhere else."""
under_way: set[Future[None]] = set()
"""Letters that are being handed over behind an answer."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What leaves for a person once its record is committed; without an address nothing does, and nobody is told so."""

    proof: SubjectProof
    address: Plain[str] | None
    environment_name: str


def post_code(letter: Letter, code: str, caller: Caller) -> None:
    """Ask the mail server whether it is there, whoever it is about, and hand over the letter behind the answer.

    Neither what the server says of an address nor how long that takes tells that there is one; the book does.

    Raises:
        Unavailable: the server does not answer; on record.
    """
    with _unsent_on_record(letter, SUBJECT_CODE_SENT, caller):
        mail.must_answer()
    if letter.address is not None:
        future = _posting.submit(copy_context().run, _post_behind, letter, letter.address, code, caller)
        under_way.add(future)
        future.add_done_callback(under_way.discard)


def post_notice(letter: Letter, address: Plain[str], caller: Caller) -> None:
    """Tell a person that their record is looked at, outside of every transaction, while the operator waits.

    Raises:
        Unavailable: the letter did not leave; on record.
    """
    text = letters.of_access(letter.environment_name)
    with _unsent_on_record(letter, SUBJECT_PROVED, caller):
        mail.hand_over(uuid4(), address, subject=text.subject, body=text.body)


def _post_behind(letter: Letter, address: Plain[str], code: str, caller: Caller) -> None:
    text = letters.of_code(code, letter.environment_name)
    try:
        mail.hand_over(uuid4(), address, subject=text.subject, body=text.body)
    except Unsent as unsent:
        _record_unsent(letter, SUBJECT_CODE_SENT, caller, unsent)
    finally:
        connections.close_all()  # this thread's own


@contextmanager
def _unsent_on_record(letter: Letter, event: EventKind, caller: Caller) -> Iterator[None]:
    try:
        yield
    except Unsent as unsent:
        _record_unsent(letter, event, caller, unsent)
        raise Unavailable("The e-mail did not leave.", remedy="Try again shortly.") from None


def _record_unsent(letter: Letter, event: EventKind, caller: Caller, unsent: Unsent) -> None:
    """Put on record why a letter did not leave, without its address."""
    facts = {"proof": letter.proof.pk, "reasons": [f"mail: {unsent.cause}"]}
    append(event, environment_id=caller.environment_id, actor=caller.actor, facts=facts, outcome="failed")
