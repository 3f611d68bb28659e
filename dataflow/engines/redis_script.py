"""The script that acknowledges entries and writes what became of them, all of an entry or nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dataflow.engines.frames import BREAK, LINES, PACKED, is_line, pack
from dataflow.engines.protocol import Batch, Done, Entry, Message, Outcome, Output, Route, Whole
from dataflow.engines.redis_expiry import EXPIRE
from dataflow.engines.redis_rows import ROWS
from dataflow.engines.redis_topics import SEALED, Topics

COMMIT = (
    EXPIRE
    + """
-- KEYS: source, dead letters, counters, then topics, then for each state two of its own.
-- ARGV: group, service, beginning of the names of counters; number of topics, and each one's records of a frame
--      (0: each record is an entry, -1: a sealed one) and milliseconds after which they are taken out (0: never);
-- number of patterns of counters, each as its number of counters and these; what there is of rows (`redis_rows.py`);
-- then sections up to the end:
-- 'W', pattern, number of topics, these, number of entries, each: id, records, lines
-- 'M', number of entries, each: id, number of (pattern, records), these, number of dead letters, each: id, why, sealed;
--      number of outputs, each: topic, kind, records, key, value.
local call, source, at = redis.call, KEYS[1], 0
local function arg() at = at + 1 return ARGV[at] end
local function number() return tonumber(arg()) end
local group, service, counts = arg(), arg(), arg()
local frames, lasts, kinds, held, sizes = {}, {}, {}, {}, {}
for t = 1, number() do frames[t], lasts[t], held[t], sizes[t] = number(), number(), {}, 0 end
for t = 1, #frames do
  if lasts[t] > 0 then revive(KEYS[3 + t], counts) end
end
local names, times, acknowledged = {}, {}, 0
for p = 1, number() do
  local list = {}
  for i = 1, number() do list[i] = arg() end
  names[p], times[p] = list, 0
end
"""
    + ROWS
    + """
local function flush(t)
  if sizes[t] > 0 then
    local between = kinds[t] == 'f' and '\\n' or ''
    call('XADD', KEYS[3 + t], '*', kinds[t], table.concat(held[t], between))
    held[t], sizes[t] = {}, 0
  end
end
local function hold(t, kind, records, part)
  if kinds[t] ~= kind then
    flush(t)
    kinds[t] = kind
  end
  local list = held[t]
  list[#list + 1] = part
  sizes[t] = sizes[t] + records
  if sizes[t] >= frames[t] then flush(t) end
end
local done, last = 0, #ARGV
while at < last do
  if arg() == 'W' then
    local pattern, topics = number(), {}
    for i = 1, number() do topics[i] = number() end
    local entries, through = number(), 0
    for e = 1, entries do
      local records, lines = ARGV[at + 2], ARGV[at + 3]
      if call('XACK', source, group, ARGV[at + 1]) == 1 then
        through, acknowledged = through + records, acknowledged + 1
        for i = 1, #topics do
          local t = topics[i]
          if frames[t] <= 0 then
            call('XADD', KEYS[3 + t], '*', frames[t] == 0 and 'v' or 'e', lines)
          else
            hold(t, 'f', tonumber(records), lines)
          end
        end
      end
      at = at + 3
    end
    done = done + through
    times[pattern] = times[pattern] + through
  else
    for e = 1, number() do
      local id = arg()
      local first = call('XACK', source, group, id) == 1
      if first then acknowledged = acknowledged + 1 end
      for i = 1, number() do
        local pattern, records = number(), number()
        if first then
          done = done + records
          times[pattern] = times[pattern] + records
        end
      end
      for i = 1, number() do
        local which, why, sealed = arg(), arg(), arg()
        if first and sealed == '' then -- of somebody who is gone
          call('HINCRBY', KEYS[3], 'dead-letters#erased', 1)
        elseif first then
          call('XADD', KEYS[2], '*', 's', KEYS[1], 'g', service, 'i', which, 'w', why, 'v', sealed)
        end
      end
      for i = 1, number() do
        local t, kind, records, key, value = number(), arg(), number(), arg(), arg()
        if first then
          if kind == 'k' then
            call('XADD', KEYS[3 + t], '*', 'v', value, 'k', key)
          elseif kind == 'v' or kind == 'e' then
            call('XADD', KEYS[3 + t], '*', kind, value)
          else
            hold(t, kind, records, value)
          end
        end
      end
    end
  end
end
for t = 1, #frames do
  flush(t)
  if lasts[t] > 0 then
    expire(KEYS[3 + t], lasts[t], counts)
  else
    call('PERSIST', KEYS[3 + t]) -- it had an end as long as it was said to hold personal data
  end
end
settled(source, group, acknowledged)
for p = 1, #names do
  if times[p] > 0 then
    for _, name in ipairs(names[p]) do call('HINCRBY', KEYS[3], name, times[p]) end
  end
end
return done
"""
)

Argument: TypeAlias = bytes | str | int
Seal: TypeAlias = Callable[[Message], bytes]


@dataclass(slots=True)
class _Section:
    """Entries one behind the other that are told alike: whole ones of one route, or mixed ones."""

    route: Route | None
    entries: int = 0
    told: list[Argument] = field(default_factory=list)


class Telling:
    """What the script is told of one batch. `topics` are in the order of its keys once everything was added."""

    def __init__(self, kept: Topics, seal: Seal) -> None:
        self._kept, self._frames, self._seal = kept, kept.frame_of, seal
        self.topics: dict[str, int] = {}
        self._patterns: dict[tuple[tuple[str, str], ...], int] = {}
        self._sections: list[_Section] = []

    def add(self, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        """Add what became of each entry of a batch."""
        for entry, outcome in zip(batch.entries, outcomes, strict=True):
            if isinstance(outcome, Whole):
                records = outcome.lines.count(BREAK) + 1
                topics = outcome.route.topics
                if self._must_be_apart(topics, records):
                    self._add_each(entry, _apart(outcome))
                else:
                    section, lines = self._section(outcome.route), outcome.lines
                    if topics and topics[0] in self._kept.sealed:
                        lines = self._kept.closed(topics[0], None, lines)
                    section.told += (entry.id, records, lines)
                    section.entries += 1
            else:
                self._add_each(entry, outcome)

    def _must_be_apart(self, topics: Sequence[str], records: int) -> bool:
        if records > 1:
            return not all(self._frames(topic) > 0 for topic in topics)
        return len(topics) > 1 and any(topic in self._kept.sealed for topic in topics)

    def arguments(self, group: str, service: str, counts: str, rows: Sequence[Argument] = (0,)) -> list[Argument]:
        """Return all of it as the script takes it.

        Args:
            counts: with what the names of counters begin.
            rows: what it is told of rows of states.
        """
        told: list[Argument] = []
        for each in self._sections:
            if each.route is None:
                told.append("M")
            else:
                topics = [self._topic(topic) for topic in each.route.topics]
                told += ("W", self._pattern(each.route.counts), len(topics), *topics)
            told.append(each.entries)
            told += each.told
        head: list[Argument] = [group, service, counts, len(self.topics)]
        for topic in self.topics:
            head += (self._frames(topic), self._kept.lasts_of(topic))
        head.append(len(self._patterns))
        for pattern in self._patterns:
            head += (len(pattern), *(f"{name}#{field}" for name, field in pattern))
        return [*head, *rows, *told]

    def _add_each(self, entry: Entry, done: Sequence[Done]) -> None:
        tallies: dict[int, int] = {}
        lost: list[Argument] = []
        put_out: list[Argument] = []
        for message, each in zip(entry.messages(), done, strict=True):
            pattern = self._pattern(each.counts)
            tallies[pattern] = tallies.get(pattern, 0) + 1
            if each.failure:
                lost += (message.id, each.failure, self._seal(message))
            for topic, key, value in each.outputs:
                put_out += (self._topic(topic), *self._part(topic, key, value))
        pairs = [figure for pair in tallies.items() for figure in pair]
        section = self._section(None)
        section.told += (entry.id, len(tallies), *pairs, len(lost) // 3, *lost, len(put_out) // 5, *put_out)
        section.entries += 1

    def _section(self, route: Route | None) -> _Section:
        """Return the section that goes on: entries stay in their order, so that records do."""
        if not self._sections or self._sections[-1].route != route:
            self._sections.append(_Section(route))
        return self._sections[-1]

    def _part(self, topic: str, key: bytes | None, value: bytes) -> tuple[str, int, bytes, bytes]:
        if topic in self._kept.sealed:
            return SEALED, 1, b"", self._kept.closed(topic, key, value)
        if not self._frames(topic):
            return ("v" if key is None else "k"), 1, key or b"", value
        return (LINES, 1, b"", value) if is_line(key, value) else (PACKED, 1, b"", pack(key, value))

    def _topic(self, name: str) -> int:
        return self.topics.setdefault(name, len(self.topics) + 1)

    def _pattern(self, counts: tuple[tuple[str, str], ...]) -> int:
        return self._patterns.setdefault(counts, len(self._patterns) + 1)


def _apart(whole: Whole) -> list[Done]:
    route = whole.route
    lines = whole.lines.split(BREAK)
    return [Done(tuple(Output(topic, None, line) for topic in route.topics), route.counts) for line in lines]
