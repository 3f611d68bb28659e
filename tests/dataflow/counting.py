"""Flows that keep rows, for tests, and what a plain fold makes of the same records."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from dataflow.grammar.flowfile import read_flow
from dataflow.packages.library import find_folders
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow

WORDS = """\
apiVersion: 0.5.0
meta: {name: words, version: 0.1.0, namespace: tests}
config: {converter: raw, consumer: {default_starting_offset: {position: Beginning}}}
topics:
  sentences: {schema: {value: {type: string}}}
  counted: {schema: {value: {type: string}}}
services:
  count-words:
    sources: [{type: topic, id: sentences}]
    states:
      count-per-word:
        type: keyed-state
        properties:
          key: {type: string}
          value: {type: arrow-row, properties: {n: {type: u32}, last-of: {type: string}}}
    transforms:
      - operator: flat-map
        run: |
          def split(sentence):
              return sentence.split()
    partition:
      assign-key:
        run: |
          def by_word(word):
              if word == "nokey":
                  raise ValueError
              return word.lower()
      update-state:
        run: |
          def count(word):
              row = count_per_word()
              row.n += 1
              row.last_of = word
              row.update()
              if word == "poison":
                  raise ValueError
              if word == "odd":
                  row.update(n=-1)
              return f"{word} {row.n}"
    sinks:
      - type: topic
        id: counted
        transforms:
          - operator: map
            run: |
              def out(text):
                  if text.startswith("late") or text == "b 2":
                      raise ValueError
                  return text
"""
"""Counts words; fails on `nokey` before, on `poison` and `odd` within, and on `late`, and on the second `b`, behind the
change of the row."""
JAVASCRIPT = """\
          function count(word) {
              const row = count_per_word();
              row.n += 1;
              row.last_of = word;
              row.update();
              if (word === "poison") throw new Error();
              if (word === "odd") row.update({ n: -1 });
              return `${word} ${row.n}`;
          }
"""
BAD = {"nokey", "poison", "odd", "late", "b 2"}
TABLE = "count-per-word"


def words(*, javascript: bool = False) -> Plan:
    """Return the flow that counts words."""
    text = WORDS
    if javascript:
        begins, ends = text.index("          def count("), text.index("    sinks:")
        text = text[:begins] + JAVASCRIPT + text[ends:]
    return plan(text)


def plan(text: str) -> Plan:
    file = read_flow(text, "dataflow.yaml")
    return plan_flow(file, find=find_folders(Path("/nowhere"), dev=file.dev), builtins={})


def fold(sentences: list[str]) -> tuple[dict[str, dict[str, object]], Counter[str], int]:
    """Return the rows that sentences make one after another, what is put out, and how many fail."""
    rows: dict[str, dict[str, object]] = {}
    out: Counter[str] = Counter()
    failed = 0
    for sentence in sentences:
        now, told = dict(rows), []
        for word in sentence.split():
            n = int(str(now.get(word.lower(), {"n": 0})["n"])) + 1
            now[word.lower()] = {"n": n, "last-of": word}
            told.append(f"{word} {n}")
        if BAD & {*sentence.split(), *told}:
            failed += 1
        else:
            rows, out = now, out + Counter(told)
    return rows, out, failed
