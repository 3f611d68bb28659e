"""What dataflow and package files say, without anything being known of each other yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dataflow.grammar.faults import Place

Converter = Literal["raw", "json"]
OPERATORS = ("map", "filter", "filter-map", "flat-map")
LANGUAGES = ("python", "javascript", "rust")
PRIMITIVES = (
    *("bool", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64", "string", "bytes"),
)  # fmt: skip
SPELLINGS = {"float32": "f32", "float64": "f64", "int": "i64", "str": "string"}
"""Other names of primitive types, which occur in files."""


@dataclass(frozen=True, slots=True)
class Meta:
    """Which file this is."""

    namespace: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class NamedType:
    """A type by its name: a primitive one, or one that is defined elsewhere."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an object. `pii` is the category of personal data in it, empty where it is none."""

    name: str
    type: Type
    optional: bool = False
    read_as: str = ""
    written_as: str = ""
    pii: str = ""


@dataclass(frozen=True, slots=True)
class ObjectType:
    properties: tuple[Property, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class EnumType:
    """One of some variants; None is a variant without a value.

    `pii`: categories of personal data in some of them. `names`: what they are read and written as, where that is not
    their name. `is_tagged`: whether a record says which one it is; else it is the first that fits.
    """

    variants: Mapping[str, Type | None]
    place: Place
    pii: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    is_tagged: bool = True


@dataclass(frozen=True, slots=True)
class ListType:
    items: Type
    place: Place


@dataclass(frozen=True, slots=True)
class RowType:
    """A row of a state, as `arrow-row` has it."""

    properties: tuple[Property, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class KeyedType:
    """A key with a value: of a state (`keyed-state`), or of a record that a function returns (`key-value`)."""

    key: Type
    value: Type
    place: Place


Type: TypeAlias = NamedType | ObjectType | EnumType | ListType | RowType | KeyedType


@dataclass(frozen=True, slots=True)
class Imported:
    """Something of another package, and what it is called here."""

    name: str
    alias: str
    place: Place


@dataclass(frozen=True, slots=True)
class Import:
    package: Meta
    path: str
    types: tuple[Imported, ...]
    functions: tuple[Imported, ...]
    states: tuple[Imported, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Consumer:
    """Where reading begins when nobody has read before: `value` records after the beginning or before the end."""

    position: Literal["beginning", "end"] = "end"
    value: int = 0


@dataclass(frozen=True, slots=True)
class Producer:
    """`frame`: how many records are written as one entry; 0 is each on its own."""

    linger_ms: int = 0
    batch_size: int = 0
    frame: int = 0


@dataclass(frozen=True, slots=True)
class Config:
    converter: Converter = "raw"
    consumer: Consumer = field(default_factory=Consumer)
    producer: Producer = field(default_factory=Producer)
    language: str = "python"


@dataclass(frozen=True, slots=True)
class Topic:
    """`holds`: categories of personal data that may be in it (`any`: all), for `expires` seconds."""

    name: str
    wire_name: str
    key: Type | None
    value: Type
    converter: Converter | None
    consumer: Consumer | None
    producer: Producer | None
    holds: tuple[str, ...]
    expires: int
    place: Place


@dataclass(frozen=True, slots=True)
class Inline:
    """Code that stands in the file."""

    language: str
    source: str
    place: Place


@dataclass(frozen=True, slots=True)
class Uses:
    """A function of a package or a built-in one, with parameters."""

    name: str
    parameters: Mapping[str, object]
    place: Place


Code: TypeAlias = Inline | Uses


@dataclass(frozen=True, slots=True)
class Step:
    """One operator of a service, a source or a sink; `operator` may also be a step of a partition or a window."""

    operator: str
    code: Code
    place: Place


@dataclass(frozen=True, slots=True)
class Proof:
    """What must not leave by a sink: what detectors of these categories find, and what these columns have."""

    detect: tuple[str, ...]
    columns: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Port:
    """A source or a sink."""

    kind: Literal["topic", "schedule"]
    id: str
    transforms: tuple[Step, ...]
    place: Place
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    assign_key: Step | None
    transforms: tuple[Step, ...]
    update_state: Step | None
    place: Place


@dataclass(frozen=True, slots=True)
class Window:
    """`duration` and `slide` in milliseconds; `slide` is 0 for tumbling windows."""

    duration: int
    slide: int
    grace: int
    idleness: int
    assign_timestamp: Step | None
    transforms: tuple[Step, ...]
    partition: Partition | None
    flush: Step | None
    place: Place


@dataclass(frozen=True, slots=True)
class State:
    """A state of a service: its own by `type`, or another's by `origin`, which is `service.state`.

    `ttl`: seconds after its last change a row is gone; 0 is never. `lookup`: where a record says of which key the row
    is that its functions see; empty where that is the record's key. `holds`: categories of personal data in rows and
    keys.
    """

    name: str
    type: Type | None
    origin: str
    ttl: int
    lookup: str
    holds: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    sources: tuple[Port, ...]
    states: tuple[State, ...]
    transforms: tuple[Step, ...]
    partition: Partition | None
    window: Window | None
    sinks: tuple[Port, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Schedule:
    name: str
    cron: str
    place: Place


@dataclass(frozen=True, slots=True)
class Dev:
    """What holds on the developer's machine alone."""

    converter: Converter | None = None
    imports: tuple[Import, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowFile:
    """A dataflow file."""

    api_version: str
    meta: Meta
    imports: tuple[Import, ...]
    config: Config
    types: Mapping[str, Type]
    topics: Mapping[str, Topic]
    schedules: Mapping[str, Schedule]
    services: Mapping[str, Service]
    dev: Dev
    purpose: str
    subject: str
    place: Place
