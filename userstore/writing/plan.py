"""From a write call to a plan: version, columns, normalisers, purposes, selector, policy, all of one epoch."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from governance.actions.builtin import MUTATOR_BASELINE
from governance.authorization import Ask
from governance.errors import NotFound
from governance.policies.compilation import policy_of
from governance.policies.tree import CompiledPolicy, as_rule, combine
from governance.rights import Resource
from governance.standing import Standing, StandingPurpose, standing_of
from keyring.walls import in_environment
from userstore.definitions import ColumnDefinition, Definitions, definitions_of
from userstore.models import Mutator
from userstore.selectors import BoundSelector, TypedSelector, bind, parse, typed
from userstore.transforming.compilation import CompiledTransformer, transformer_of
from userstore.writing.calls import MutatorCall


@dataclass(frozen=True, slots=True)
class Target:
    """One column a mutator writes, and how its values are normalised first."""

    column: ColumnDefinition
    normalizer: CompiledTransformer


@dataclass(frozen=True, slots=True)
class MutatorPlan:
    """Everything about a mutator that does not change within an epoch."""

    standing: Standing
    definitions: Definitions
    pk: int
    public_id: UUID
    name: str
    version: int
    selector: TypedSelector
    selector_text: str
    targets: tuple[Target, ...]
    fixed_purposes: tuple[StandingPurpose, ...]
    policy: CompiledPolicy
    looked_at: tuple[ColumnDefinition, ...]
    """Columns that the selector or the policy's scripts look at, beside those that are written."""


@dataclass(frozen=True, slots=True)
class WritePlan:
    """One call's plan."""

    mutator: MutatorPlan
    bound: BoundSelector
    ask: Ask
    region: str = ""


def plan_write(call: MutatorCall) -> WritePlan:
    """Plan one execution of a mutator.

    Raises:
        NotFound: no such mutator in the caller's environment.
        SelectorError: the values do not fit the selector.
    """
    plan = mutator_plan(standing_of(call.caller.environment_id), call.mutator_id)
    return WritePlan(plan, bind(plan.selector, call.selector_values), ask_of(plan), call.region)


def ask_of(plan: MutatorPlan) -> Ask:
    """What a call of this mutator asks for, whatever it selects."""
    return Ask(
        operation="write",
        resource=Resource("mutator", plan.pk, plan.public_id, plan.name),
        purposes=tuple(p.public_id for p in plan.fixed_purposes),
        columns=_touched_columns(plan),
    )


def _touched_columns(plan: MutatorPlan) -> tuple[UUID, ...]:
    """What a call writes, and what it looks at: whom a value finds or a policy spares is told by who was written."""
    return tuple(dict.fromkeys(column.public_id for column in [*(t.column for t in plan.targets), *plan.looked_at]))


def mutator_plan(standing: Standing, mutator_id: UUID) -> MutatorPlan:
    """Return the plan of a mutator, compiled once per epoch."""
    return standing.part(("mutator", mutator_id), lambda: _compile(standing, mutator_id))


def _compile(standing: Standing, mutator_id: UUID) -> MutatorPlan:
    definitions = definitions_of(standing)
    with in_environment(standing.environment_id):
        mutator = Mutator.objects.select_related("access_policy").filter(public_id=mutator_id).first()
        if mutator is None:
            raise NotFound(
                "There is no such mutator.", field="mutator_id", remedy="List the mutators to see their ids."
            )
        targets = tuple(
            Target(definitions.by_pk[row.column_id], transformer_of(standing, row.normalizer))
            for row in mutator.columns.select_related("normalizer").order_by("ordinal")
        )
        fixed = list(mutator.fixed_purposes.order_by("pk").values_list("pk", flat=True))
    own = policy_of(standing, mutator.access_policy.public_id)
    baseline = policy_of(standing, MUTATOR_BASELINE)
    root = combine(own.name, [baseline.root, own.root], needs_all=True)
    policy = CompiledPolicy(own.name, own.version, root, as_rule(root), own.thresholds or baseline.thresholds)
    selector = typed(parse(mutator.selector), definitions.types)
    selecting = [definitions.by_name[name] for name in selector.columns if name in definitions.by_name]
    return MutatorPlan(
        standing=standing,
        definitions=definitions,
        pk=mutator.pk,
        public_id=mutator.public_id,
        name=mutator.name,
        version=mutator.version,
        selector=selector,
        selector_text=mutator.selector,
        targets=targets,
        fixed_purposes=tuple(standing.purposes_by_number[pk] for pk in fixed),
        policy=policy,
        looked_at=tuple(dict.fromkeys([*selecting, *definitions.seen_by(policy.visible)])),
    )
