"""From a dataflow file to a plan: names, types and the ways of personal data are checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dataflow.functions.protocol import Builtin, ParametersRefused
from dataflow.grammar.faults import Fault, FileRefused, Place
from dataflow.grammar.spec import Config, FlowFile
from dataflow.grammar.spec import Port as PortSpec
from dataflow.grammar.spec import Service as ServiceSpec
from dataflow.grammar.spec import Step as StepSpec
from dataflow.grammar.spec import Topic as TopicSpec
from dataflow.packages.library import Find, Input, Library, Names
from dataflow.planning.bodies import Found, find_body
from dataflow.planning.plan import Native, Plan, Port, Service, Step, Topic
from dataflow.schemas.shapes import ANYTHING, TRUTH, Many, Pair, Shape, Shapes, categories, fits

ALL = "any"
"""A topic that holds this may hold every category."""
EVERY = "*"


def plan_flow(file: FlowFile, *, find: Find, builtins: Mapping[str, Builtin], is_production: bool = False) -> Plan:
    """Return the plan of a file. Raises `FileRefused` with everything that is wrong.

    Args:
        file: as it was read.
        find: finds the packages that it imports.
        builtins: functions that need no import, by name.
        is_production: whether the file's section `dev` is ignored.
    """
    return _Planner(file, find, builtins, is_production=is_production).plan()


class _Planner:
    def __init__(self, file: FlowFile, find: Find, builtins: Mapping[str, Builtin], *, is_production: bool) -> None:
        self._file, self._builtins = file, builtins
        self._converter = None if is_production else file.dev.converter
        self._faults: list[Fault] = []
        self._not_yet: list[Fault] = []
        self._names: Names = Library(find).names_for(file.imports)
        self._shapes = Shapes(file.types, self._names.types)

    def plan(self) -> Plan:
        self._shapes.resolve_all()
        topics = {name: self._topic(each) for name, each in self._file.topics.items()}
        services = [self._service(each, topics) for each in self._file.services.values()]
        if self._faults:
            raise FileRefused(self._faults)
        file = self._file
        return Plan(file.meta, topics, tuple(services), tuple(self._not_yet), file.purpose, file.subject)

    def _topic(self, spec: TopicSpec) -> Topic:
        config: Config = self._file.config
        return Topic(
            name=spec.name,
            wire_name=spec.wire_name,
            key=None if spec.key is None else self._shapes.resolve(spec.key),
            value=self._shapes.resolve(spec.value),
            converter=spec.converter or self._converter or config.converter,
            consumer=spec.consumer or config.consumer,
            frame=(spec.producer.frame if spec.producer else 0) or config.producer.frame,
            holds=frozenset(spec.holds),
            expires=spec.expires,
        )

    def _service(self, spec: ServiceSpec, topics: Mapping[str, Topic]) -> Service:
        self._note_what_does_not_run(spec)
        sources = [found for each in spec.sources if (found := self._source(each, topics)) is not None]
        shape, tainted = self._merged(sources)
        steps, shape, tainted = self._steps(spec.transforms, shape, tainted)
        sinks = [found for each in spec.sinks if (found := self._sink(each, topics, shape, tainted)) is not None]
        return Service(spec.name, tuple(sources), steps, tuple(sinks), spec.place)

    def _note_what_does_not_run(self, spec: ServiceSpec) -> None:
        for found, what in ((spec.window, "windows"), (spec.partition, "partitions with states")):
            if found is not None:
                self._not_yet.append(Fault(found.place, f"services.{spec.name}", f"{what} are not run yet"))
        for port in spec.sources:
            if port.kind == "schedule":
                self._not_yet.append(Fault(port.place, f"services.{spec.name}", "schedules are not run yet"))

    def _source(self, spec: PortSpec, topics: Mapping[str, Topic]) -> Port | None:
        if spec.kind == "schedule":
            if spec.id not in self._file.schedules:
                self._faults.append(Fault(spec.place, "", f"there is no schedule `{spec.id}`"))
            return None
        topic = self._named_topic(spec, topics)
        if topic is None:
            return None
        steps, _, tainted = self._steps(spec.transforms, topic.value, topic.holds | categories(topic.value))
        return Port(topic, steps, tainted, spec.place)

    def _merged(self, sources: Iterable[Port]) -> tuple[Shape, frozenset[str]]:
        """Return what comes out of all sources together: they have one shape, or the merge is refused."""
        shape, tainted = None, frozenset[str]()
        for each in sources:
            given = each.steps[-1].gives if each.steps else each.topic.value
            if shape is not None and not fits(given, shape):
                says = f"`{each.topic.name}` brings {given}, the sources before it {shape}"
                self._faults.append(
                    Fault(each.place, "sources", says, "Give it `transforms` that end in the same type.")
                )
            shape, tainted = shape or given, tainted | each.tainted
        return shape or ANYTHING, tainted

    def _sink(self, spec: PortSpec, topics: Mapping[str, Topic], shape: Shape, tainted: frozenset[str]) -> Port | None:
        topic = self._named_topic(spec, topics)
        if topic is None:
            return None
        steps, shape, tainted = self._steps(spec.transforms, shape, tainted)
        if not fits(shape, topic.value):
            says = f"`{topic.name}` holds {topic.value}, and what comes here is {shape}"
            self._faults.append(Fault(spec.place, "sinks", says, "Add an operator that makes the one of the other."))
        self._must_be_allowed(topic, tainted, spec.place)
        return Port(topic, steps, tainted, spec.place)

    def _must_be_allowed(self, topic: Topic, tainted: frozenset[str], place: Place) -> None:
        leaking = sorted(tainted - topic.holds)
        if leaking and ALL not in topic.holds:
            says = f"personal data ({', '.join(leaking)}) can reach the topic `{topic.name}`, which may not hold it"
            remedy = f"Mask or drop it on the way, or allow it: `privacy: {{pii: [{', '.join(leaking)}], expires: 7d}}`"
            self._faults.append(Fault(place, "sinks", says, f"{remedy} under the topic."))

    def _named_topic(self, spec: PortSpec, topics: Mapping[str, Topic]) -> Topic | None:
        found = topics.get(spec.id)
        if found is None:
            self._faults.append(
                Fault(spec.place, "", f"there is no topic `{spec.id}`", f"Known are {', '.join(topics)}.")
            )
        return found

    def _steps(
        self, specs: Iterable[StepSpec], shape: Shape, tainted: frozenset[str]
    ) -> tuple[tuple[Step, ...], Shape, frozenset[str]]:
        steps: list[Step] = []
        for spec in specs:
            try:
                step = self._step(spec, shape, tainted)
            except FileRefused as refused:
                self._faults += refused.faults
                return tuple(steps), ANYTHING, frozenset()
            steps.append(step)
            shape, tainted = step.gives, step.tainted
        return tuple(steps), shape, tainted

    def _step(self, spec: StepSpec, shape: Shape, tainted: frozenset[str]) -> Step:
        found = find_body(spec, self._names.functions, self._builtins)
        given = _given(found, shape, spec.place)
        gives = _result(spec.operator, given, shape, found.name, spec.place)
        gives_key, gives = isinstance(gives, Pair), gives.value if isinstance(gives, Pair) else gives
        _must_take(found, shape, spec.place)
        left = frozenset() if EVERY in found.removes else tainted - found.removes
        return Step(
            name=found.name,
            operator=spec.operator,
            body=found.body,
            inputs=found.inputs or (Input("value", shape, "value", optional=False),),
            takes=shape,
            gives=gives,
            gives_key=gives_key,
            tainted=left | categories(gives),
            place=spec.place,
        )


def _given(found: Found, shape: Shape, place: Place) -> Shape:
    """Return what a function itself returns."""
    if isinstance(found.body, Native):
        try:
            return found.body.builtin.gives(shape, found.body.parameters)
        except ParametersRefused as refused:
            raise FileRefused([Fault(place, "with", f"`{found.name}`: {refused}")]) from None
    return ANYTHING if found.gives is None else found.gives


def _result(operator: str, given: Shape, shape: Shape, name: str, place: Place) -> Shape:
    """Return the shape behind an operator whose function returns `given`. Raises `FileRefused`."""
    if operator == "filter":
        if not fits(given, TRUTH) and not isinstance(given, Pair):
            raise FileRefused([Fault(place, "", f"`{name}` is a filter and returns {given}, not a bool")])
        return shape
    if operator == "flat-map":
        if isinstance(given, Many):
            return given.items
        if given != ANYTHING:
            raise FileRefused([Fault(place, "", f"`{name}` is a flat-map and returns {given}, not a list")])
    return given


def _must_take(found: Found, shape: Shape, place: Place) -> None:
    values = [each for each in found.inputs or () if each.kind == "value"]
    if found.inputs is not None and len(values) != 1:
        raise FileRefused([Fault(place, "", f"`{found.name}` takes {len(values)} values, and one record is given")])
    for each in values:
        if not fits(shape, each.shape):
            says = f"`{found.name}` takes {each.shape}, and what comes here is {shape}"
            raise FileRefused([Fault(place, "", says, "Add an operator before it that makes the one of the other.")])
