"""A service compiled: a function from messages to what becomes of each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from dataflow.engines.protocol import Batch, Done, Message, Outcome, Output
from dataflow.functions.protocol import Failed, NoSecrets, Secrets, Work
from dataflow.inline.folding import Folding
from dataflow.inline.running import Runner
from dataflow.planning.plan import Coded, Native, Port, Service, Step, Topic
from dataflow.running.folding import Fold
from dataflow.running.journey import FAILED, SUCCEEDED, Item, Journey, Sink, Stage
from dataflow.running.ledger import Ledger, without_engine
from dataflow.running.proving import proof_of
from dataflow.running.rows import blanks_of, key_of, seen_rows
from dataflow.running.shortcut import along, shortcut
from dataflow.running.still_json import is_broken
from dataflow.schemas.converting import decode_json, decode_raw, encode_json, encode_raw, reader, writer
from dataflow.schemas.shapes import ANYTHING, BYTES, Many, Pair, Shape
from dataflow.schemas.unfit import ValueUnfit
from dataflow.store.protocol import StoreAway


class Program:
    """One service, ready to run in one thread. `runner` is what its code runs in, `secrets` where keys are."""

    def __init__(self, service: Service, runner: Runner, secrets: Secrets | None = None) -> None:
        self._name, self._runner, self._secrets = service.name, runner, secrets or NoSecrets()
        self._sources = {port.topic.wire_name: self._source(port) for port in service.sources}
        self._stages = [self._stage(step) for step in service.steps]
        self._sinks = [self._sink(port) for port in service.sinks]
        self._fold = None if service.update is None else self._folding(service.update)
        self._ledger = without_engine()
        self._raw = {port.topic.wire_name for port in service.sources if port.topic.converter == "raw"}
        passed = [(f"{service.name}/{step.name}", SUCCEEDED) for step in service.steps]
        self._shortcut = shortcut(service, (*passed, (service.name, SUCCEEDED)))

    @property
    def changes_rows(self) -> bool:
        """Whether it changes rows of states: the next batch has to see what the one before committed."""
        return self._fold is not None

    def work(self, batch: Batch, ledger: Ledger | None = None) -> list[Outcome]:
        """Return what becomes of each entry of a batch; what becomes of rows stands in the ledger then."""
        self._ledger = ledger or without_engine()
        found: list[Outcome | None] = [None] * len(batch.entries)
        if self._shortcut is not None:
            found = along(self._shortcut, batch.entries)
        left = [entry.messages() for entry, each in zip(batch.entries, found, strict=True) if each is None]
        if batch.entries and not left:
            return [each for each in found if each is not None]
        done = iter(self.run(batch.topic, [message for messages in left for message in messages]) if left else ())
        sizes = iter(left)
        return [list(islice(done, len(next(sizes)))) if each is None else each for each in found]

    def run(self, topic: str, messages: Sequence[Message]) -> list[Done]:
        """Return what becomes of each message of a topic."""
        raw = topic in self._raw
        journeys = [Journey([], [], each.value if raw else b"") for each in messages]
        items = self._sources[topic](messages, journeys)
        for stage in self._stages:
            items = stage(items, journeys)
        if self._fold is None:
            self._put_out(items, journeys)
        else:
            self._fold.run(items, journeys, self._ledger, self._put_out)
        return [self._done(each) for each in journeys]

    def _put_out(self, items: list[Item], journeys: list[Journey]) -> None:
        for sink in self._sinks:
            sink(items, journeys)

    def _done(self, journey: Journey) -> Done:
        field = FAILED if journey.failure else SUCCEEDED
        outputs = () if journey.failure else tuple(journey.outputs)
        return Done(outputs, (*journey.counts, (self._name, field)), journey.failure)

    def _source(self, port: Port) -> Callable[[Sequence[Message], list[Journey]], list[Item]]:
        decode, decode_key = decoder(port.topic), _key_decoder(port.topic)
        stages = [self._stage(step) for step in port.steps]

        def read(messages: Sequence[Message], journeys: list[Journey]) -> list[Item]:
            items = []
            for owner, message in enumerate(messages):
                try:
                    items.append(Item(owner, decode_key(message.key), decode(message.value)))
                except ValueUnfit as unfit:
                    journeys[owner].failure = f"{port.topic.name}: {unfit}"
            for stage in stages:
                items = stage(items, journeys)
            return items

        return read

    def _sink(self, port: Port) -> Sink:
        encode, wire_name, raw = encoder(port.topic), port.topic.wire_name, port.topic.converter == "raw"
        stages, proved = [self._stage(step) for step in port.steps], proof_of(port, self._secrets)

        def write(items: list[Item], journeys: list[Journey]) -> None:
            for stage in stages:
                items = stage(items, journeys)
            leaving: list[tuple[Journey, Output]] = []
            for item in items:
                journey = journeys[item.owner]
                if journey.failure:
                    continue
                try:
                    data = encode(item.value)
                    if raw and is_broken(journey.given, data):
                        raise ValueUnfit("what was JSON is none any more")
                    key = None if port.withholds_key else _key_bytes(item.key)
                    leaving.append((journey, Output(wire_name, key, data)))
                except ValueUnfit as unfit:
                    journey.failure = f"{port.topic.name}: {unfit}"
            for (journey, output), why in zip(leaving, proved([output for _, output in leaving]), strict=True):
                journey.outputs.append(output)
                if why and not journey.failure:
                    journey.failure = f"{port.topic.name}: {why}"

        return write

    def _stage(self, step: Step) -> Stage:
        work, keep = self._work(step), _KEEP[step.operator]
        check = _checked(step)
        counter = f"{self._name}/{step.name}"

        def run(items: list[Item], journeys: list[Journey]) -> list[Item]:
            items = [each for each in items if not journeys[each.owner].failure]
            passed: list[Item] = []
            told = [0] * len(journeys)  # bit 1: it came here; bit 2: it failed here
            for item, answer in zip(items, _each(work, items), strict=True):
                told[item.owner] |= 1
                try:
                    if isinstance(answer, Failed):
                        raise ValueUnfit(answer.why)
                    passed += keep(item, answer if check is None else check(answer, ""), gives_key=step.gives_key)
                except ValueUnfit as unfit:
                    told[item.owner] |= 2
                    journeys[item.owner].failure = f"{step.name}: {unfit}"
            for owner, bits in enumerate(told):
                if bits:
                    journeys[owner].counts.append((counter, FAILED if bits & 2 else SUCCEEDED))
            return passed

        return run

    def _work(self, step: Step) -> Callable[[list[Item]], list[Any]]:
        match step.body:
            case Native():
                return _native(step.body.builtin.prepare(step.takes, step.body.parameters, self._secrets))
            case Coded():
                return self._coded(step, step.body)

    def _coded(self, step: Step, body: Coded) -> Callable[[list[Item]], list[Any]]:
        number, arguments = self._loaded(step, body), _arguments(step)
        if step.reads:
            return lambda items: self._runner.call(number, arguments(items), seen_rows(step, items, self._ledger))
        return lambda items: self._runner.call(number, arguments(items))

    def _folding(self, step: Step) -> Fold:
        assert isinstance(step.body, Coded), "the planner has seen to that"  # noqa: S101  for the type alone
        number, check = self._loaded(step, step.body), _checked(step)

        def answered(item: Item, answer: Any) -> list[Item]:
            return [_changed(item, answer if check is None else check(answer, ""), gives_key=step.gives_key)]

        def ask(asked: Folding) -> list[Any]:
            return self._runner.fold(number, asked)

        counter = f"{self._name}/{step.name}"
        return Fold(step, counter, ask=ask, arguments=_arguments(step), answered=answered)

    def _loaded(self, step: Step, body: Coded) -> int:
        return self._runner.add(
            language=body.code.language,
            source=body.code.source,
            function=body.function,
            takes_bytes=step.takes == BYTES,
            states=blanks_of(step),
        )


def _arguments(step: Step) -> Callable[[Sequence[Item]], list[list[Any]]]:
    """Return what a step's code is called with for each item: bytes go as text, of which each sign is one."""
    takes_bytes, with_key = step.takes == BYTES, any(each.kind == "key" for each in step.inputs)

    def arguments(items: Sequence[Item]) -> list[list[Any]]:
        values = [each.value.decode("latin-1") for each in items] if takes_bytes else [each.value for each in items]
        if with_key:
            return [[item.key, value] for item, value in zip(items, values, strict=True)]
        return [[value] for value in values]

    return arguments


def decoder(topic: Topic) -> Callable[[bytes], Any]:
    """Return what reads a topic's records. It raises `ValueUnfit`."""
    if topic.converter == "raw":
        return decode_raw(topic.value)
    check = reader(topic.value)
    return lambda data: check(decode_json(data), "")


def encoder(topic: Topic) -> Callable[[Any], bytes]:
    """Return what writes a topic's records. It raises `ValueUnfit`."""
    if topic.converter == "raw":
        return encode_raw(topic.value)
    check = writer(topic.value)
    return lambda value: encode_json(check(value, ""))


def _native(work: Work) -> Callable[[list[Item]], list[Any]]:
    return lambda items: work([each.value for each in items])


def _each(work: Callable[[list[Item]], list[Any]], items: list[Item]) -> list[Any]:
    """Return the answers for some items. Where a function ends in an error it fails alone what it ends on."""
    try:
        return work(items)
    except StoreAway:
        raise
    except Exception as error:
        if len(items) == 1:
            return [Failed(type(error).__name__)]
        return [answer for item in items for answer in _each(work, [item])]


def _mapped(item: Item, answer: Any, *, gives_key: bool) -> list[Item]:
    return [_changed(item, answer, gives_key=gives_key)]


def _filtered(item: Item, answer: Any, *, gives_key: bool) -> list[Item]:  # noqa: ARG001  the operators' one form
    if type(answer) is not bool:
        raise ValueUnfit("a filter answers true or false")
    return [item] if answer else []


def _filter_mapped(item: Item, answer: Any, *, gives_key: bool) -> list[Item]:
    return [] if answer is None else [_changed(item, answer, gives_key=gives_key)]


def _flat_mapped(item: Item, answer: Any, *, gives_key: bool) -> list[Item]:
    if not isinstance(answer, list | tuple):
        raise ValueUnfit("a flat-map answers with a list")
    return [_changed(item, each, gives_key=gives_key) for each in answer]


def _keyed(item: Item, answer: Any, *, gives_key: bool) -> list[Item]:  # noqa: ARG001  the operators' one form
    return [Item(item.owner, key_of(answer), item.value)]


_KEEP = {
    "map": _mapped,
    "filter": _filtered,
    "filter-map": _filter_mapped,
    "flat-map": _flat_mapped,
    "assign-key": _keyed,
}


def _changed(item: Item, answer: Any, *, gives_key: bool) -> Item:
    if gives_key:
        key, value = answer
        return Item(item.owner, item.key if key is None else key, value)
    return Item(item.owner, item.key, answer)


def _checked(step: Step) -> Callable[[Any, str], Any] | None:
    """Return what holds an answer of code against the type that it says to return; built-in functions keep theirs."""
    says_nothing = step.operator in {"filter", "assign-key"} or (step.gives == ANYTHING and not step.gives_key)
    if isinstance(step.body, Native) or says_nothing:
        return None
    one: Shape = Pair(ANYTHING, step.gives) if step.gives_key else step.gives
    check = reader(Many(one) if step.operator == "flat-map" else one, outside=False)
    if step.operator == "filter-map":
        return lambda value, path: None if value is None else check(value, path)
    return check


def _key_decoder(topic: Topic) -> Callable[[bytes | None], Any]:
    if topic.personal and topic.key is None:
        return lambda _: None  # nobody says what is in it, and it may be what the value is masked for
    decode = decode_raw(topic.key or ANYTHING)
    return lambda data: None if data is None else decode(data)


def _key_bytes(key: Any) -> bytes | None:
    if key is None or isinstance(key, bytes):
        return key
    return key.encode() if isinstance(key, str) else encode_json(key)
