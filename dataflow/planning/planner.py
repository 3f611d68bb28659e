"""From a dataflow file to a plan: names, types and the ways of personal data are checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dataflow.functions.protocol import Builtin
from dataflow.grammar.faults import Fault, FileRefused, Place
from dataflow.grammar.spec import FlowFile, Window
from dataflow.grammar.spec import Port as PortSpec
from dataflow.grammar.spec import Service as ServiceSpec
from dataflow.grammar.spec import Step as StepSpec
from dataflow.packages.library import Find, Input, Library, Names
from dataflow.planning.agreeing import ALL, Known
from dataflow.planning.believing import are_alike, left_of, moved
from dataflow.planning.bodies import Found, find_body
from dataflow.planning.bounds import Work, must_be_bounded, named
from dataflow.planning.plan import Plan, Port, Service, Step, Topic
from dataflow.planning.proofs import planned_proof
from dataflow.planning.results import ASSIGN, given_by, must_add_known, must_take, result_of
from dataflow.planning.states import Local, may_be_in, must_be_allowed, own_states, seen_by, states_of
from dataflow.planning.topics import planned_topics
from dataflow.planning.windows import flushed_by, not_run_yet
from dataflow.schemas.shapes import ANYTHING, Pair, Shape, Shapes, categories, fits
from userstore.detecting.registry import DETECTORS


def plan_flow(
    file: FlowFile,
    *,
    find: Find,
    builtins: Mapping[str, Builtin],
    is_production: bool = False,
    known: Mapping[str, Known] | None = None,
) -> Plan:
    """Return the plan of a file. Raises `FileRefused` with everything that is wrong.

    Args:
        file: as it was read.
        find: finds the packages that it imports.
        builtins: functions that need no import, by name.
        is_production: whether the file's section `dev` is ignored.
        known: what other flows of the environment have said of topics, by their names on the wire.
    """
    return _Planner(file, find, builtins, is_production=is_production, known=known or {}).plan()


_PASSING = {"filter", ASSIGN}
"""Operators that let a record pass as it is, whatever their functions answer."""


@dataclass(frozen=True, slots=True)
class Way:
    """What is on the way at one place: its shape, and which categories may be in its value and in its key.

    `keeps_key`: whether the key is the one that the record came with, of which no type says what is in it.
    """

    shape: Shape
    tainted: frozenset[str]
    key_tainted: frozenset[str]
    keeps_key: bool = True


class _Planner:
    def __init__(
        self,
        file: FlowFile,
        find: Find,
        builtins: Mapping[str, Builtin],
        *,
        is_production: bool,
        known: Mapping[str, Known],
    ) -> None:
        self._file, self._builtins, self._known = file, builtins, known
        self._converter = None if is_production else file.dev.converter
        self._faults: list[Fault] = []
        self._not_yet: list[Fault] = []
        self._names: Names = Library(find).names_for(file.imports)
        self._shapes = Shapes(file.types, self._names.types)
        self._states = own_states(file.services.values(), self._shapes, self._names)
        self._local = Local({}, {})
        self._work = Work()
        self._categories = frozenset[str]()

    def plan(self) -> Plan:
        must_be_bounded(self._file, self._builtins)
        self._shapes.resolve_all()
        topics = planned_topics(self._file, self._shapes, self._known, self._converter, self._faults)
        self._categories = self._known_categories(topics.values())
        services = [self._service(each, topics) for each in self._file.services.values()]
        if self._faults:
            raise FileRefused(self._faults)
        file, not_yet = self._file, tuple(self._not_yet)
        return Plan(file.meta, topics, tuple(services), not_yet, file.purpose, file.subject)

    def _known_categories(self, topics: Iterable[Topic]) -> frozenset[str]:
        """Return the categories that the file names and those that detectors find."""
        in_topics = [each.personal for each in topics]
        in_rows = [each.holds for states in self._states.values() for each in states.values()]
        in_types = [categories(self._shapes.resolve(each)) for each in self._file.types.values()]
        return frozenset(DETECTORS).union(*in_topics, *in_rows, *in_types) - {ALL}

    def _service(self, spec: ServiceSpec, topics: Mapping[str, Topic]) -> Service:
        self._not_yet += not_run_yet(spec)
        self._local = self._local_states(spec)
        sources = [found for each in spec.sources if (found := self._source(each, topics)) is not None]
        way = self._merged(sources)
        keyed, updates = _of_partition(spec)
        steps, way = self._steps([*spec.transforms, *keyed], way)
        update, way = self._steps(updates, way)
        way = way if spec.window is None else self._behind_window(spec.window, way)
        sinks = [found for each in spec.sinks if (found := self._sink(each, topics, way, spec.name)) is not None]
        own, last = tuple(self._local.own.values()), next(iter(update), None)
        return Service(spec.name, tuple(sources), steps, tuple(sinks), spec.place, own, last)

    def _local_states(self, spec: ServiceSpec) -> Local:
        try:
            return states_of(spec, self._states)
        except FileRefused as refused:
            self._faults += refused.faults
            return Local({}, {})

    def _behind_window(self, window: Window, way: Way) -> Way:
        """Return what comes out of a window: its code may have made anything of what came in, and keys as well."""
        shape, faults = flushed_by(window, lambda step: find_body(step, self._names.functions, self._builtins))
        self._faults += faults
        tainted = way.tainted | categories(shape)
        return Way(shape, tainted, way.key_tainted | tainted, keeps_key=False)

    def _source(self, spec: PortSpec, topics: Mapping[str, Topic]) -> Port | None:
        if spec.kind == "schedule":
            if spec.id not in self._file.schedules:
                self._faults.append(Fault(spec.place, "", f"there is no schedule `{spec.id}`"))
            return None
        topic = self._named_topic(spec, topics)
        if topic is None:
            return None
        # What a topic may hold may be in its keys as well; one without a type for them has none.
        in_keys = frozenset[str]() if topic.key is None else topic.holds | categories(topic.key)
        begin = Way(topic.value, topic.holds | categories(topic.value), in_keys, not categories(topic.key))
        steps, way = self._steps(spec.transforms, begin)
        return Port(topic, steps, way.tainted, way.key_tainted, spec.place)

    def _merged(self, sources: Iterable[Port]) -> Way:
        """Return what comes out of all sources together: they have one shape, or the merge is refused."""
        shape, tainted, key_tainted, keeps_key = None, frozenset[str](), frozenset[str](), True
        for each in sources:
            given = each.steps[-1].gives if each.steps else each.topic.value
            if shape is not None and not (fits(given, shape) and are_alike(given, shape)):
                says = f"`{each.topic.name}` brings {given}, the sources before it {shape}, or their tags differ"
                self._faults.append(
                    Fault(each.place, "sources", says, "Give it `transforms` that end in the same type.")
                )
            shape = given if shape is None or given == ANYTHING else shape
            tainted, key_tainted = tainted | each.tainted, key_tainted | each.key_tainted
            keeps_key = keeps_key and not (categories(each.topic.key) or any(_makes_key(step) for step in each.steps))
        return Way(shape or ANYTHING, tainted, key_tainted, keeps_key)

    def _sink(self, spec: PortSpec, topics: Mapping[str, Topic], way: Way, service: str) -> Port | None:
        topic = self._named_topic(spec, topics)
        if topic is None:
            return None
        steps, way = self._steps(spec.transforms, way)
        if not fits(way.shape, topic.value):
            says = f"`{topic.name}` holds {topic.value}, and what comes here is {way.shape}"
            self._faults.append(Fault(spec.place, "sinks", says, "Add an operator that makes the one of the other."))
        elsewhere = moved(way.shape, topic.value)
        if elsewhere:
            says = f"`{topic.name}` has {', '.join(elsewhere)} in other fields than what comes here"
            self._faults.append(Fault(spec.place, "sinks", says, "Tag the same fields in both types."))
        # Who says no type for keys does not ask for them: that of the source is left out before it tells too much.
        withholds_key = topic.key is None and way.keeps_key and not _may_hold(topic, way.key_tainted)
        self._must_be_allowed(topic, way.tainted | (frozenset() if withholds_key else way.key_tainted), spec.place)
        proof = planned_proof(spec, self._builtins, self._file.meta, service, self._faults)
        return Port(topic, steps, way.tainted, way.key_tainted, spec.place, proof, withholds_key)

    def _must_be_allowed(self, topic: Topic, tainted: frozenset[str], place: Place) -> None:
        if not _may_hold(topic, tainted):
            leaking = sorted(tainted - topic.holds)
            says = f"personal data ({', '.join(leaking)}) can reach the topic `{topic.name}`, which may not hold it"
            remedy = f"Mask or drop it on the way, or allow it: `privacy: {{pii: [{', '.join(leaking)}], expires: 7d}}`"
            self._faults.append(Fault(place, "sinks", says, f"{remedy} under the topic."))

    def _named_topic(self, spec: PortSpec, topics: Mapping[str, Topic]) -> Topic | None:
        found = topics.get(spec.id)
        if found is None:
            self._faults.append(Fault(spec.place, "", f"there is no topic `{spec.id}`", f"Known are {named(topics)}."))
        return found

    def _steps(self, specs: Iterable[StepSpec], way: Way) -> tuple[tuple[Step, ...], Way]:
        steps: list[Step] = []
        for spec in specs:
            try:
                step = self._step(spec, way)
            except FileRefused as refused:
                self._faults += refused.faults
                return tuple(steps), Way(ANYTHING, frozenset(), frozenset())
            steps.append(step)
            way = Way(step.gives, step.tainted, step.key_tainted, way.keeps_key and not _makes_key(step))
        return tuple(steps), way

    def _step(self, spec: StepSpec, way: Way) -> Step:
        self._work.take(spec, way.shape)
        found = find_body(spec, self._names.functions, self._builtins)
        given = given_by(found, way.shape, spec.place)
        gives = result_of(spec.operator, given, way.shape, found.name, spec.place)
        is_answer = spec.operator not in _PASSING
        key = gives.key if is_answer and isinstance(gives, Pair) else None
        gives = gives.value if is_answer and isinstance(gives, Pair) else gives
        must_take(found, way.shape, spec.place)
        must_add_known(found, self._categories | categories(way.shape), spec.place)
        reads, changes = seen_by(found, spec.operator, self._local, spec.place)
        in_rows = may_be_in([*reads, *changes])
        must_be_allowed(changes, way.tainted | in_rows | way.key_tainted, spec.place)
        # A key that code makes of a value may be any part of it; a mask that works on values leaves keys as they are.
        added = in_rows | found.adds | (way.key_tainted if _sees_key(found) else frozenset())
        # What it removes, it removes from what it answers with: what is in rows, and in the key that it sees, stays.
        left = way.tainted if spec.operator == ASSIGN else left_of(way.tainted, found, way.shape)
        makes_key = key is not None or spec.operator == ASSIGN
        made = way.tainted | added | categories(key) if makes_key else frozenset[str]()
        # Code that answers with a key and a value may leave the key as it was; who assigns one puts another there.
        kept = frozenset[str]() if spec.operator == ASSIGN else way.key_tainted
        return Step(
            name=found.name,
            operator=spec.operator,
            body=found.body,
            inputs=found.inputs or (Input("value", way.shape, "value", optional=False),),
            takes=way.shape,
            gives=gives,
            gives_key=key is not None,
            tainted=left | added | categories(gives),
            key_tainted=kept | made,
            place=spec.place,
            reads=reads,
            changes=changes,
        )


def _of_partition(spec: ServiceSpec) -> tuple[list[StepSpec], list[StepSpec]]:
    """Return the steps that a partition adds, and the one behind them that changes rows."""
    if spec.partition is None:
        return [], []
    first, last = spec.partition.assign_key, spec.partition.update_state
    return [*([first] if first else ()), *spec.partition.transforms], [last] if last else []


def _makes_key(step: Step) -> bool:
    return step.gives_key or step.operator == ASSIGN


def _sees_key(found: Found) -> bool:
    return any(each.kind == "key" for each in found.inputs or ())


def _may_hold(topic: Topic, tainted: frozenset[str]) -> bool:
    return ALL in topic.holds or tainted <= topic.holds
