"""From a call to a plan: version, columns, purposes, transformers, selector, policy, all of one epoch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias
from uuid import UUID

from audit.bodies import CheckedFacts, checked
from governance.actions.builtin import ACCESSOR_BASELINE
from governance.authorization import Ask, refusal
from governance.errors import Invalid, NotFound
from governance.identities import Caller
from governance.policies.compilation import policy_of
from governance.policies.tree import CompiledPolicy, as_rule, combine
from governance.rights import Resource
from governance.standing import Standing, StandingGrant, StandingPurpose, standing_of
from keyring.walls import in_environment
from userstore.definitions import Definitions, definitions_of
from userstore.events import ACCESSOR_EXECUTED
from userstore.models import Accessor
from userstore.models.accessors import MASKED, NONE, PLAIN, STRICT
from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.reading.calls import AccessorCall
from userstore.reading.opening import Seen, seen_by
from userstore.reading.outputs import Output, fetched_for, outputs_of
from userstore.reading.visibility import Visibility, levels_for, levels_for_oneself, levels_on_demand
from userstore.selectors import BoundSelector, TypedSelector, bind, bind_ids, parse, reads_only_ids, typed

_LevelsOf: TypeAlias = Callable[[Caller, Sequence[Visibility | None]], Sequence[str]]


@dataclass(frozen=True)
class AccessorPlan:
    """Everything about an accessor that does not change within an epoch; what follows from it is worked out once."""

    standing: Standing
    definitions: Definitions
    public_id: UUID
    name: str
    version: int
    selector: TypedSelector
    purposes: tuple[StandingPurpose, ...]
    outputs: tuple[Output, ...]
    policy: CompiledPolicy
    is_strict: bool
    state: int
    fetched_columns: tuple[int, ...]
    looked_at: tuple[str, ...]
    """Columns that the selector or the policy's scripts look at, beside those that are released."""
    ask: Ask
    masked: tuple[str, ...] = ()
    """Names of the columns that this caller sees through the mask of their rules."""
    blank: tuple[Output, ...] = ()
    """Columns of which this caller sees nothing: they are neither fetched nor opened nor sorted by."""
    beside: frozenset[int] = frozenset()
    """Columns that are not shown, and withhold somebody who may not be shown them, where consent is strict."""

    @cached_property
    def has_levels(self) -> bool:
        """Whether what is shown depends on who asks."""
        return bool(self.blank) or any(output.visibility for output in self.outputs)

    def shown_to(self, caller: Caller) -> AccessorPlan:
        """The plan for a caller, worked out once per epoch for everybody who sees the same."""
        return self.at_levels(levels_for(caller, [output.visibility for output in self.outputs]))

    def at_levels(self, levels: tuple[str, ...]) -> AccessorPlan:
        """The plan that shows each output column at its level, worked out once per epoch."""
        return self.standing.part(("accessor", self.public_id, levels), lambda: self._at(levels))

    def on_demand(self, caller: Caller) -> AccessorPlan:
        """The plan of what a caller is shown of one person's record on demand."""
        return self.at_levels(levels_on_demand(caller, [output.visibility for output in self.outputs]))

    def for_oneself(self) -> AccessorPlan:
        """The plan of what the person themself is shown, and with their code whoever acts for them."""
        return self.at_levels(levels_for_oneself([output.visibility for output in self.outputs]))

    @cached_property
    def contact(self) -> Output | None:
        """The column that holds the address one-time codes go to."""
        return next((each for each in self.outputs if each.visibility and each.visibility.takes_code), None)

    def only(self, names: Collection[str], *, beside: frozenset[int]) -> AccessorPlan:
        """The same plan for some of its columns; a value that may not be shown of those beside withholds somebody."""
        outputs = tuple(output for output in self.outputs if output.column.name in names)
        stored = (pk for pk in sorted(beside) if not self.definitions.by_pk[pk].is_system)
        return replace(
            self,
            outputs=outputs,
            masked=tuple(name for name in self.masked if name in names),
            blank=tuple(output for output in self.blank if output.column.name in names),
            beside=beside,
            fetched_columns=tuple(dict.fromkeys([*self._fetched_for(outputs), *stored])),
        )

    def _at(self, levels: Sequence[str]) -> AccessorPlan:
        pairs = list(zip(self.outputs, levels, strict=True))
        outputs = tuple(output.masked() if level == MASKED else output for output, level in pairs if level != NONE)
        return replace(
            self,
            outputs=outputs,
            masked=tuple(output.column.name for output, level in pairs if level == MASKED),
            blank=tuple(output for output, level in pairs if level == NONE),
            fetched_columns=self._fetched_for(outputs),
        )

    def _fetched_for(self, outputs: tuple[Output, ...]) -> tuple[int, ...]:
        return fetched_for(outputs, self.definitions.seen_by(self.policy.visible))

    @cached_property
    def seen(self) -> Seen:
        """What the policy's scripts are given of every subject."""
        seen = seen_by(self.policy.visible, self.definitions)
        return seen if self.state == LIVE else seen.in_arrays()

    @cached_property
    def purpose_numbers(self) -> tuple[int, ...]:
        return tuple(purpose.number for purpose in self.purposes)

    @cached_property
    def purpose_names(self) -> tuple[str, ...]:
        return tuple(purpose.name for purpose in self.purposes)

    @cached_property
    def facts(self) -> CheckedFacts:
        """What the record of every read by this plan says alike."""
        facts: dict[str, object] = {
            "accessor": self.public_id,
            "name": self.name,
            "version": self.version,
            "purposes": self.purpose_names,
            "columns": [output.column.name for output in self.outputs],
        }
        if self.looked_at:
            facts["looked_at"] = self.looked_at
        if self.has_levels:
            names = (output.column.name for output in self.outputs)
            facts["plain"] = [name for name in names if name not in self.masked]
            facts["masked"] = self.masked
            facts["none"] = [output.column.name for output in self.blank]
        return checked(ACCESSOR_EXECUTED, facts)

    @cached_property
    def output_pks(self) -> frozenset[int]:
        return frozenset(output.column.pk for output in self.outputs)

    @cached_property
    def decisive_pks(self) -> frozenset[int]:
        """Columns of which a value that is not permitted withholds somebody, where consent is strict."""
        return self.output_pks | self.beside

    @cached_property
    def tokenizes(self) -> bool:
        return any(output.transformer.tokenizes for output in self.outputs)

    def under(self, grant: StandingGrant, caller: Caller) -> AccessorPlan:
        """The plan for whoever is granted some of its columns: these as they are, of the others nothing.

        A client to which the grant was handed on sees none of them beyond what the rules of the columns show it.

        Raises:
            Refused: the selector reads values of other columns.
        """
        return self._of_granted(grant.columns, self._levels_of_client(caller, levels_for))

    def under_on_demand(self, grant: StandingGrant, caller: Caller) -> AccessorPlan:
        """The same for one person's record on demand."""
        return self._of_granted(grant.columns, self._levels_of_client(caller, levels_on_demand))

    def _levels_of_client(self, caller: Caller, levels: _LevelsOf) -> Sequence[str]:
        if caller.delegated is None:
            return [PLAIN] * len(self.outputs)
        return levels(caller.delegated.client, [output.visibility for output in self.outputs])

    def _of_granted(self, columns: frozenset[UUID], most: Sequence[str]) -> AccessorPlan:
        read = {self.definitions.by_name[name] for name in self.selector.columns if name in self.definitions.by_name}
        beyond = sorted(c.name for c in read if not c.is_system and c.public_id not in columns)
        if beyond:
            raise refusal(f"grant: the selector reads {', '.join(beyond)}, which is not granted")
        pairs = zip(self.outputs, most, strict=True)
        return self.at_levels(tuple(level if o.column.public_id in columns else NONE for o, level in pairs))

    @cached_property
    def selects_by_id(self) -> bool:
        return reads_only_ids(self.selector)


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """One call's plan: the accessor's, and the selector with this call's values, or the ids where these are all."""

    accessor: AccessorPlan
    selected: BoundSelector | Sequence[UUID]
    region: str = ""
    within: frozenset[UUID] | None = None
    """The only people there are for this call, as its grant names them; None: everybody."""

    @property
    def ask(self) -> Ask:
        return self.accessor.ask

    def of(self, ids: Collection[UUID]) -> Sequence[UUID]:
        """Those of some people who are there for this call."""
        return [each for each in ids if self.within is None or each in self.within]

    def under(self, grant: StandingGrant, caller: Caller) -> ReadPlan:
        """The plan of a call that a grant allows: of its people alone, and of its columns alone."""
        whole = accessor_plan(self.accessor.standing, self.accessor.public_id)
        return replace(self, accessor=whole.under(grant, caller), within=grant.subjects)

    @property
    def selects_everyone(self) -> bool:
        return (
            self.within is None
            and self.accessor.state == LIVE
            and isinstance(self.selected, BoundSelector)
            and self.selected.condition is None
        )


def plan_read(call: AccessorCall) -> ReadPlan:
    """Plan one execution of an accessor.

    Raises:
        NotFound: no such accessor in the caller's environment.
        SelectorError: the values do not fit the selector; names the placeholder, never the value.
    """
    plan = accessor_plan(standing_of(call.caller.environment_id), call.accessor_id)
    if plan.has_levels:
        plan = plan.shown_to(call.caller)
    return bound_read(plan, call)


def bound_read(plan: AccessorPlan, call: AccessorCall) -> ReadPlan:
    """Bind a call's values to a plan; `SelectorError` names the placeholder that they do not fit."""
    binding = bind_ids if plan.selects_by_id else bind
    return ReadPlan(plan, binding(plan.selector, call.selector_values), call.region)


def accessor_plan(standing: Standing, accessor_id: UUID) -> AccessorPlan:
    """Return the plan of an accessor, compiled once per epoch."""
    return standing.part(("accessor", accessor_id), lambda: _compile(standing, accessor_id))


def _compile(standing: Standing, accessor_id: UUID) -> AccessorPlan:
    definitions = definitions_of(standing)
    with in_environment(standing.environment_id):
        accessor = Accessor.objects.select_related("access_policy").filter(public_id=accessor_id).first()
        if accessor is None:
            raise NotFound(
                "There is no such accessor.", field="accessor_id", remedy="List the accessors to see their ids."
            )
        is_past = accessor.life_cycle_state != "live"
        outputs = outputs_of(standing, accessor, definitions, is_past=is_past)
        purpose_pks = list(accessor.purposes.order_by("pk").values_list("pk", flat=True))
    purposes = tuple(standing.purposes_by_number[pk] for pk in purpose_pks)
    if not purposes:
        raise Invalid("The accessor names no purpose.", field="purposes")
    policy = _effective_policy(standing, accessor, outputs)
    selector = typed(parse(accessor.selector), definitions.types)
    seen = definitions.seen_by(policy.visible)
    looked_at = [*(definitions.by_name[name] for name in selector.columns if name in definitions.by_name), *seen]
    return AccessorPlan(
        standing=standing,
        definitions=definitions,
        public_id=accessor.public_id,
        name=accessor.name,
        version=accessor.version,
        selector=selector,
        purposes=purposes,
        outputs=outputs,
        policy=policy,
        is_strict=accessor.consent_mode == STRICT,
        state=SOFT_DELETED if is_past else LIVE,
        fetched_columns=fetched_for(outputs, seen),
        looked_at=tuple(dict.fromkeys(column.name for column in looked_at if not column.is_system)),
        ask=Ask(
            operation="read",
            resource=Resource("accessor", accessor.pk, accessor.public_id, accessor.name),
            purposes=tuple(p.public_id for p in purposes),
            columns=tuple(
                dict.fromkeys(column.public_id for column in [*(output.column for output in outputs), *looked_at])
            ),
        ),
    )


def _effective_policy(standing: Standing, accessor: Accessor, outputs: tuple[Output, ...]) -> CompiledPolicy:
    """The accessor's own policy, the environment's baseline, and each column's policy unless overridden."""
    own = policy_of(standing, accessor.access_policy.public_id)
    parts = [policy_of(standing, ACCESSOR_BASELINE), own]
    if not accessor.overrides_column_policies:
        parts += [policy_of(standing, o.column.access_policy) for o in outputs if o.column.access_policy is not None]
    root = combine(own.name, [part.root for part in parts], needs_all=True)
    return CompiledPolicy(own.name, own.version, root, as_rule(root), own.thresholds or parts[0].thresholds)
