"""Dead letters on a server: listed without their records, opened on record, put back, dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils import timezone

from audit.events import EventKind
from audit.recorder import append
from dataflow import events
from dataflow.actions.answering import topics_answering
from dataflow.actions.listed_letters import Listed
from dataflow.deadletters.concealing import Unreadable
from dataflow.deadletters.letters import Letter, NoLetter
from dataflow.deployments.readers import has_reader
from dataflow.engines.redis_letters import IS_ID, RedisLetters
from dataflow.models import LetterLook
from dataflow.queries import sealed_topics
from dataflow.running.deployed import engine_for
from dataflow.store.concealing import EnvironmentKey, Sealed
from governance.actions.change import clearance_for, refusal_on_record
from governance.actions.clearing import cleared
from governance.actions.seeing import must_see_definitions
from governance.authorization import Ask, Clearance, authorize, refusal
from governance.catalogue import requestables
from governance.errors import Invalid, NotFound, Refused
from governance.identities import Caller
from governance.standing import Standing, StandingGrant, fresh_standing_of
from keyring.walls import in_environment
from userstore.models import Subject
from userstore.writing.keys import handle_of, subject_key

LEAST_REASON, MOST_REASON = 10, 1000
MOST_LISTED, MOST_NAMED = 500, 1000
LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class Page:
    """Some letters, and behind which one the next are; "" where that was the last."""

    letters: list[Listed]
    next: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A letter with the key and the value of its record."""

    listed: Listed
    key: bytes | None
    value: bytes


def flows_with_letters(caller: Caller, *, now: datetime | None = None) -> dict[str, int]:
    """Return the flows that have run in the environment, each with how many dead letters it has.

    Raises:
        Refused: the caller holds no right there.
    """
    must_see_definitions(caller, now=now)
    engine = engine_for(caller)
    with topics_answering():
        return {flow: engine.letters(flow).waiting() for flow in engine.flows()}


def list_letters(
    caller: Caller, *, flow: str, after: str = "", most: int = MOST_LISTED, now: datetime | None = None
) -> Page:
    """Return a flow's dead letters behind one ("": from the oldest on), never a record, nor any of erased people.

    Raises:
        Refused: the caller holds no right in the environment.
        Invalid: this is no name of a flow, or no letter to begin behind.
        Unavailable: the server of the topics does not answer.
    """
    must_see_definitions(caller, now=now)
    if after and not IS_ID.fullmatch(after):
        raise Invalid("This list made no such cursor.", field="starting_after", remedy="Begin again without one.")
    letters, keys = _letters(caller, flow), EnvironmentKey(caller.environment_id)
    with topics_answering():
        found = letters.page(after, min(most, MOST_LISTED))
    people = keys.sealed_for([sealed for _, sealed in found])
    shown = [Listed.told(each, whose) for (each, _), whose in zip(found, people, strict=True) if whose != Sealed.GONE]
    return Page(shown, found[-1][0].id if len(found) == min(most, MOST_LISTED) else "")


def show_letter(caller: Caller, *, flow: str, letter: str, now: datetime | None = None) -> Listed:
    """Return one letter as it is listed, without its record.

    Raises:
        Refused: the caller holds no right in the environment.
        NotFound: there is no such letter, or its person was erased.
        Unavailable: the server of the topics does not answer.
    """
    must_see_definitions(caller, now=now)
    letters, keys = _letters(caller, flow), EnvironmentKey(caller.environment_id)
    with topics_answering(), _known():
        found, sealed = letters.found(letter)
        (whose,) = keys.sealed_for([sealed])
        if whose is Sealed.GONE:
            raise NoLetter
    return Listed.told(found, whose)


def open_letter(caller: Caller, *, flow: str, letter: str, reason: str, now: datetime | None = None) -> Opened:
    """Return one letter with its record, after the look and its reason are on record.

    One that is sealed for a person opens under a running grant of access to all that an accessor shows of that person;
    any other for whoever may configure.

    Args:
        reason: 10 to 1000 characters, which are kept sealed.

    Raises:
        Refused: no such grant or right; on record.
        NotFound: there is no such letter, or its person was erased.
        Invalid: no reason.
        Unavailable: the server of the topics does not answer.
    """
    now, reason = now or timezone.now(), reason.strip()
    must_see_definitions(caller, now=now)
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        raise Invalid(f"Say in {LEAST_REASON} to {MOST_REASON} characters what it is looked at for.", field="reason")
    letters, keys = _letters(caller, flow), EnvironmentKey(caller.environment_id)
    with topics_answering(), _known():
        found, sealed = letters.found(letter)
        person = keys.person_of(sealed)
    clearance = _cleared_to_look(caller, person, now=now)
    with in_environment(caller.environment_id), topics_answering(), _known():
        record = letters.unsealed(sealed)
        look = _note_look(caller, flow, found, reason, clearance, now=now)
        append(
            events.LETTER_OPENED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={
                "flow": flow,
                "letter": found.id,
                "service": found.service,
                "look": look.public_id,
                **({} if person is None else {"subjects": [_handle_of(person)]}),
                **clearance.lent,
            },
            decision_id=clearance.decision_id,
        )
    return Opened(Listed(found, person is not None), *record)


def replay_letters(
    caller: Caller, *, flow: str, letters: Sequence[str] | None = None, now: datetime | None = None
) -> int:
    """Put letters back onto their topics, for the service that failed on them; None: all. Returns how many that was.

    Those of which nobody would know stay: the deployed version has no such service, or it does not read that topic.

    Raises:
        Refused: the caller may not configure.
        Invalid: too many are named.
        Unavailable: the server of the topics does not answer.
    """
    is_read, opens = has_reader(caller.environment_id, flow), (Sealed.PERSON, Sealed.ENVIRONMENT)
    doing = partial(_done, caller, flow, letters, events.LETTERS_REPLAYED, lambda found: found.replay, now=now)
    return doing(which=lambda letter, sealed: sealed in opens and is_read(letter))


def drop_letters(
    caller: Caller, *, flow: str, letters: Sequence[str] | None = None, now: datetime | None = None
) -> int:
    """Drop letters for good; None: all that are there. Returns how many that was.

    Raises:
        Refused: the caller may not configure.
        Invalid: too many are named.
        Unavailable: the server of the topics does not answer.
    """
    return _done(caller, flow, letters, events.LETTERS_DROPPED, lambda found: found.drop, now=now)


def _done(
    caller: Caller,
    flow: str,
    named: Sequence[str] | None,
    event: EventKind,
    doing: Callable[[RedisLetters], Callable[[Sequence[str]], int]],
    *,
    now: datetime | None,
    which: Callable[[Letter, Sealed], bool] = lambda _letter, _sealed: True,
) -> int:
    """Put down what is to be done, then do it: what the book does not know of never happens."""
    if named is not None and len(named) > MOST_NAMED:
        raise Invalid(f"Name up to {MOST_NAMED} letters, or all of them.", field="letters")
    with cleared(caller, "configure", event, now=now or timezone.now()) as clearance, topics_answering():
        letters = _letters(caller, flow)
        ids = [each.id for each, sealed in _named(caller, letters, named) if which(each, sealed)]
        if not ids:  # what somebody has typed as a flow's name is then in no book either
            return 0
        append(
            event,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"flow": flow, "letters": len(ids)},
            decision_id=clearance.decision_id,
        )
    with topics_answering():
        return doing(letters)(ids)


def _named(caller: Caller, letters: RedisLetters, named: Sequence[str] | None) -> Iterator[tuple[Letter, Sealed]]:
    """Yield the letters that are named, None: all, each with for whom it is sealed."""
    keys, after = EnvironmentKey(caller.environment_id), ""
    wanted = None if named is None else set(named)
    while found := letters.page(after, MOST_LISTED):
        for (letter, _), whose in zip(found, keys.sealed_for([sealed for _, sealed in found]), strict=True):
            if wanted is None or letter.id in wanted:
                yield letter, whose
        after = found[-1][0].id


def _cleared_to_look(caller: Caller, person: UUID | None, *, now: datetime) -> Clearance:
    standing = fresh_standing_of(caller.environment_id)
    with refusal_on_record(events.LETTER_OPENED, caller):
        if ("environment", caller.environment_id) in standing.freezes:
            raise refusal("freeze: the environment")
        if person is not None:
            return _under_a_grant(caller, person, standing, now=now)
    return clearance_for(caller, "configure", events.LETTER_OPENED, now=now)


def _under_a_grant(caller: Caller, person: UUID, standing: Standing, *, now: datetime) -> Clearance:
    """Clear a look at what is somebody's by the first grant that gives all of what its accessor shows of them."""
    refused = refusal("grant: none that is held now is for the person of this letter")
    for grant in standing.grants.get(caller.account_id, ()):
        if person in grant.subjects:
            try:
                return _by_grant(caller, grant, standing, now=now)
            except Refused as reasons:
                refused = reasons
    raise refused


def _by_grant(caller: Caller, grant: StandingGrant, standing: Standing, *, now: datetime) -> Clearance:
    with in_environment(caller.environment_id):
        asked = requestables().find(grant.accessor_id)
    if asked is None or not asked.columns.keys() <= grant.columns:
        raise refusal(f"grant: {grant.id} was narrowed to some columns, and a letter is a whole record")
    ask = Ask("read", asked.resource, purposes=(grant.purpose,), columns=tuple(grant.columns), grant=grant.id)
    return authorize(caller, ask, standing=standing, now=now)


def _note_look(
    caller: Caller, flow: str, letter: Letter, reason: str, clearance: Clearance, *, now: datetime
) -> LetterLook:
    look = LetterLook.objects.create(
        environment_id=caller.environment_id,
        flow=flow,
        letter=letter.id,
        looked_by=caller.account_id,
        looked_at=now,
        grant_id=clearance.grant.id if clearance.grant else None,
    )
    look.reason = reason  # sealed for its row, so the row has to be there first
    look.save(update_fields=["reason"])
    return look


def _handle_of(person: UUID) -> str:
    subject = Subject.objects.select_for_update().filter(public_id=person, erased_at=None).first()
    if subject is None:
        raise NoLetter
    return handle_of(subject, subject_key(subject))


def _letters(caller: Caller, flow: str) -> RedisLetters:
    if not 0 < len(flow) <= LONGEST_NAME or not flow.isprintable():
        raise Invalid("This is no name of a flow, as in example/mask-user-info.", field="flow")
    return engine_for(caller, sealed=sealed_topics(caller.environment_id)).letters(flow)


@contextmanager
def _known() -> Iterator[None]:
    """Say of what is not there and of what nobody can open any more that there is none."""
    try:
        yield
    except (NoLetter, Unreadable):
        raise NotFound("There is no such dead letter.", field="letter", remedy="List them again.") from None
