"""What stands before code in JavaScript that names states: rows as objects, and values that are worked on in turn."""

from __future__ import annotations

import json

from dataflow.inline.folding import Blanks

_HEAD = """\
const transform = (make => {
const blanks = BLANKS, names = Object.keys(blanks), snake = name => name.split("-").join("_");
const columns = (values, keep) => {
  const row = {}, own = Object.keys(values);
  for (const name of own) row[snake(name)] = values[name];
  const hidden = (name, value) => Object.defineProperty(row, name, { value });
  hidden("update", changed => {
    Object.assign(row, changed ?? {});
    if (keep === null || Object.keys(row).length !== own.length) throw new TypeError("no column");
    keep(Object.fromEntries(own.map(name => [name, row[snake(name)] ?? null])));
  });
  hidden("delete", () => { if (keep === null) throw new TypeError("read only"); keep(null); });
  return row;
};
const single = (value, keep) => {
  const row = { value };
  const kept = told => {
    if (keep === null || (told ?? null) === null) throw new TypeError("read only, or no value");
    keep(told);
  };
  const hidden = (name, call) => Object.defineProperty(row, name, { value: call });
  hidden("update", (...told) => { if (told.length) row.value = told[0]; kept(row.value); });
  hidden("increment", (by = 1) => { row.value += by; kept(row.value); });
  hidden("delete", () => { if (keep === null) throw new TypeError("read only"); keep(null); });
  return row;
};
const called = (rows, changed) => make(...names.map(name => {
  let shown;
  return () => {
    if (shown === undefined) {
      const found = rows[name] ?? null, blank = blanks[name];
      const keep = blank === null ? null : told => { changed[name] = told; };
      const told = found === null ? blank : found;
      const isRow = told !== null && typeof told === "object";
      shown = told === null ? null : isRow ? columns({ ...blank, ...told }, keep) : single(told, keep);
    }
    return shown;
  };
}));
const bytes = given => {
  const last = given.length - 1;
  if (TAKES_BYTES) given[last] = Uint8Array.from(given[last], each => each.charCodeAt(0));
  return given;
};
const written = told => {
  let isPlain = true;
  const plain = (name, value) => {
    switch (typeof value) {
      case "bigint": case "symbol": case "function": isPlain = false; return null;
      case "number": if (!Number.isFinite(value)) isPlain = false; return value;
      case "object": {
        if (value === null) return value;
        if (value instanceof Uint8Array) return Array.from(value);
        const kind = Object.getPrototypeOf(value);
        if (kind !== Object.prototype && kind !== Array.prototype && kind !== null) isPlain = false;
      }
    }
    return value;
  };
  const text = JSON.stringify(told, plain);
  return isPlain ? text : null;
};
return given => {
  const [asked, ...rest] = given;
  if (asked.rows === undefined) return written([called(asked.reads, {})(...bytes(rest))]) ?? "!";
  const told = [], tables = Object.entries(asked.rows).map(([name, rows]) => [name, new Map(Object.entries(rows))]);
  for (let at = 0; at < asked.with.length; at++) {
    const key = asked.keys[at], changed = {}, rows = { ...asked.reads[at] };
    for (const [name, table] of tables) rows[name] = table.get(key) ?? null;
    let text;
    try {
      text = written([called(rows, changed)(...bytes(asked.with[at])), changed]);
    } catch (error) {
      if (asked.owners[at] === asked.owners[0]) throw error;
      break;
    }
    told.push(text ?? "!");
    if (text === null) break;
    for (const [name, table] of tables) if (name in changed) table.set(key, changed[name]);
  }
  return JSON.stringify(told);
};
})((NAMES) => { """


def head_for(states: Blanks, *, takes_bytes: bool) -> str:
    """Return what stands before the first line of the code, so that its lines keep their numbers."""
    head = " ".join(line.strip() for line in _HEAD.splitlines()) + " "
    told = {
        "BLANKS": json.dumps(dict(states)),
        "TAKES_BYTES": "true" if takes_bytes else "false",
        "NAMES": ", ".join(states),
    }
    for name, value in told.items():
        head = head.replace(name, value)
    return head
