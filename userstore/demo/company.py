"""A simulated company at home in an environment: its staff, people, tickets and jobs, made through the usual doors.

So what explains accesses is known beside the book, as it is of a real company. People are made when somebody first has
to do with them, and have no values.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from audit.actors import SYSTEM
from audit.analysis.accesses import Access
from audit.analysis.facts import Staff, Ticket
from audit.simulation.company import id_of
from audit.simulation.running import Simulation
from governance.actions.accounts import invite_operator
from governance.actions.clients import define_client
from governance.actions.purposes import define_purpose
from governance.actions.rights import give_rights
from governance.actions.staff import mark_subject, register_job, take_in_staff
from governance.actions.tickets import close_ticket, open_ticket
from governance.errors import Conflict
from governance.identities import CLIENT, Caller, system_caller
from governance.models import Account, Client, Environment, Purpose
from governance.tickets import ticket_image
from keyring.walls import in_environment
from userstore.actions.subjects import create_subject
from userstore.handles import handles_of


class CompanyHere:
    """Gives everybody of a company the name that they have in an environment; the same seed, the same ones."""

    def __init__(self, environment: Environment, *, seed: int) -> None:
        self._environment, self._seed = environment, seed
        self._system = system_caller(environment.id)
        self._actors: dict[str, str] = {}
        self._usernames: dict[str, str] = {}
        self._ordinals: dict[str, int] = {}
        self._handles: dict[str, str] = {}
        self._written: list[Ticket] = []

    def furnish(self, simulation: Simulation) -> None:
        """Make operators, the staff directory, jobs and marked people; what is there already stays."""
        self._ordinals = {handle: ordinal for ordinal, handle in enumerate(simulation.subjects.handles)}
        self._written = simulation.desk.written_down
        self._take_up()
        self._writer = self._client("simulated-store", UUID(str(id_of(self._seed, "store", 0))), operations=("write",))
        staff = simulation.desk.facts.staff
        for number, actor in enumerate(staff):
            self._operator(number, actor)
        take_in_staff(self._system, text=self._directory(staff.values()), source="simulation")
        for job in simulation.floor.jobs:
            self._job(f"simulated-{self._seed}-{job.hour}", UUID(job.actor), job.purpose, job.hour)
        for kind, handles in (("flagged", simulation.desk.facts.flagged), ("honey", simulation.desk.facts.honey)):
            for handle in sorted(handles):
                self._mark(kind, handle)

    def as_here(self, access: Access) -> Access:
        """Return an access under the names of this environment; its day's tickets are written first."""
        self._write_tickets()
        facts = dict(access.facts)
        if "grantee" in facts:
            facts["grantee"] = self._actors.get(str(facts["grantee"]), facts["grantee"])
        return replace(
            access,
            actor=self._actors.get(access.actor, access.actor),
            subjects=tuple(map(self._handle, access.subjects)),
            ticket=ticket_image(self._environment.id, self._reference(access.ticket)) if access.ticket else "",
            facts=facts,
        )

    def _write_tickets(self) -> None:
        """Open the tickets that are new, and close those that were, each at its own time."""
        tickets = list(self._written)
        self._written.clear()
        for ticket in tickets:
            opened = _known(ticket.opened_at)
            try:
                open_ticket(
                    self._system,
                    reference=self._reference(ticket.reference),
                    assignee=self._usernames[ticket.assignee],
                    subject_id=self._person(ticket.subject) if ticket.subject else None,
                    opened_by=self._usernames.get(ticket.opened_by, ""),
                    now=opened,
                )
            except Conflict:
                continue  # it was written before a run that was stopped
            if ticket.closed_at is not None:
                close_ticket(self._system, reference=self._reference(ticket.reference), now=ticket.closed_at)

    def _operator(self, number: int, actor: str) -> None:
        username = f"simulated-{self._seed}-{number}"
        account = Account.objects.filter(username=username).first()
        if account is None:
            account, _ = invite_operator(SYSTEM, username=username)
        self._actors[actor], self._usernames[actor] = str(account.pk), username

    def _directory(self, staff: Iterable[Staff]) -> str:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("username", "team", "role", "manager", "joined", "left", "leave", "own_record"))
        for each in staff:
            away = " ".join(f"{begin:%Y-%m-%d}..{end:%Y-%m-%d}" for begin, end in each.on_leave)
            writer.writerow((
                self._usernames[each.actor], each.team, each.role, self._usernames.get(each.manager, ""),
                f"{each.joined_at:%Y-%m-%d}" if each.joined_at else "",
                f"{each.left_at:%Y-%m-%d}" if each.left_at else "", away, self._person(each.own),
            ))  # fmt: skip
        return text.getvalue()

    def _job(self, name: str, client_id: UUID, purpose: str, hour: int) -> None:
        self._client(name, client_id, kind=Client.JOB)
        with in_environment(self._environment.id):
            is_known = Purpose.objects.filter(name=purpose).exists()
        if not is_known:
            define_purpose(self._system, name=purpose, description="Of a simulated company.")
        try:
            register_job(self._system, client_id=client_id, purposes=[purpose], hours=[hour])
        except Conflict:
            return  # from a run before

    def _client(
        self, name: str, client_id: UUID, *, kind: str = Client.SERVICE, operations: tuple[str, ...] = ()
    ) -> Caller:
        with in_environment(self._environment.id):
            client = Client.objects.filter(public_id=client_id).select_related("account").first()
        if client is None:
            client = define_client(self._system, name=name, kind=kind, client_id=client_id)
            if operations:
                give_rights(self._system, holder=client.account, operations=operations, on=self._environment)
        return Caller(CLIENT, client.public_id, client.account_id, self._environment.id, client.name)

    def _mark(self, kind: str, handle: str) -> None:
        try:
            mark_subject(self._system, subject_id=self._person(handle), kind=kind)
        except Conflict:
            return  # from a run before

    def _person(self, handle: str) -> UUID:
        """Return the id that a person has here; they are made where they are not."""
        public_id = self._id(self._ordinals[handle])
        if handle not in self._handles:
            create_subject(self._writer, subject_id=public_id)
            with in_environment(self._environment.id):
                ((_, self._handles[handle]),) = handles_of([public_id])
        return public_id

    def _take_up(self) -> None:
        """Take up the people of a run before."""
        ids = {self._id(ordinal): handle for handle, ordinal in self._ordinals.items()}
        with in_environment(self._environment.id):
            self._handles = {ids[subject.public_id]: here for subject, here in handles_of(list(ids))}

    def _id(self, ordinal: int) -> UUID:
        return id_of(self._seed, f"{self._environment.id} subject", ordinal)

    def _handle(self, handle: str) -> str:
        if handle not in self._ordinals:
            return handle
        self._person(handle)
        return self._handles[handle]

    def _reference(self, reference: str) -> str:
        return f"SIM{self._seed}-{reference}"


def _known(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("a simulated ticket has a time at which it was opened")
    return moment
