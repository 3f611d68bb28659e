"""The JavaScript that runs before a script does: it takes away what could keep state and freezes what is left.

A context is kept between calls, a script's own state is not: the script is the body of a function that is called anew
for every candidate, and everything it could reach beyond that body is frozen.
"""

from __future__ import annotations

HARNESS = r"""
(function () {
"use strict";
const { parse, stringify } = JSON;
const { freeze, keys, getPrototypeOf, getOwnPropertyDescriptor } = Object;
const { ownKeys, apply, construct } = Reflect;
const { UTC, parse: parseDate } = Date;
const Engine = InternalError, Refusal = Error, Text = String, Instant = Date, integer = parseInt;
const stackOf = getOwnPropertyDescriptor(Error.prototype, "stack").get;
const call = globalThis.__host, isRandom = globalThis.__random === true;
delete globalThis.__host;
delete globalThis.__random;

// Prototypes that no walk over properties reaches.
const proto = getPrototypeOf;
const roots = [
    globalThis, proto(function () {}), proto(function* () {}),
    proto(async function () {}), proto(async function* () {}),
    proto(proto(function* () {}.prototype)), proto(proto(async function* () {}.prototype)),
    proto((function* () {})()), proto((async function* () {})()),
    proto([].values()), proto(new Map().values()), proto(new Set().values()), proto(""[Symbol.iterator]()),
    proto("".matchAll(/a/g)), proto([1].values().map(x => x)), proto(Int8Array), proto(Int8Array.prototype),
    proto(Iterator.from({ next() { return { done: true }; } })), Promise, Promise.prototype, eval, Function,
    (function () { return arguments; })(),
];
if (typeof Iterator.concat === "function") roots[roots.length] = proto(Iterator.concat([1]));
if (typeof Iterator.zip === "function") roots[roots.length] = proto(Iterator.zip([[1]]));

for (const name of ["captureStackTrace", "stackTraceLimit", "prepareStackTrace"]) delete Error[name];
for (const make of [function () {}, function* () {}, async function () {}, async function* () {}])
    Object.defineProperty(proto(make), "constructor", { value: undefined, writable: false, configurable: false });
for (const name of ["eval", "Function", "queueMicrotask", "WeakRef", "FinalizationRegistry", "SharedArrayBuffer",
                    "Atomics", "performance", "Promise", "AsyncDisposableStack"]) delete globalThis[name];
delete Array.fromAsync;

// Randomness is for tokens alone: everything else has to answer alike each time. ChaCha with 8 rounds (D. J. Bernstein,
// "ChaCha, a variant of Salsa20", 2008) under a key that the other process draws for each call: tokens that are handed
// out tell nothing about others.
const Words = Uint32Array, NOTHING = "0".repeat(64);
const stream = seed => {
    const state = new Words(16), block = new Words(16);
    let at = 16;
    [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574].forEach((word, i) => { state[i] = word; });
    for (let i = 0; i < 8; i++) state[4 + i] = integer(seed.slice(8 * i, 8 * i + 8), 16);
    const mix = (to, from, into, bits) => {
        block[to] += block[from];
        const mixed = block[into] ^ block[to];
        block[into] = mixed << bits | mixed >>> 32 - bits;
    };
    const quarter = (a, b, c, d) => { mix(a, b, d, 16); mix(c, d, b, 12); mix(a, b, d, 8); mix(c, d, b, 7); };
    const word = () => {
        if (at === 16) {
            block.set(state);
            for (let i = 0; i < 4; i++) {
                quarter(0, 4, 8, 12); quarter(1, 5, 9, 13); quarter(2, 6, 10, 14); quarter(3, 7, 11, 15);
                quarter(0, 5, 10, 15); quarter(1, 6, 11, 12); quarter(2, 7, 8, 13); quarter(3, 4, 9, 14);
            }
            for (let i = 0; i < 16; i++) block[i] += state[i];
            state[12]++;
            at = 0;
        }
        return block[at++];
    };
    return () => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992;
};
let draw = stream(NOTHING);
if (isRandom) Math.random = () => draw();
else delete Math.random;

// A decision must be repeatable: the time is an argument, there is no clock.
const Clockless = function Date(...parts) {
    if (new.target === undefined || parts.length === 0) throw new TypeError("no clock");
    return construct(Instant, parts, new.target);
};
Clockless.prototype = Instant.prototype;
Clockless.UTC = UTC;
Clockless.parse = parseDate;
Object.defineProperty(Instant.prototype, "constructor", { value: Clockless });
delete Instant.now;
globalThis.Date = Clockless;

// Nobody hears the console, unless somebody tries a draft out: then the other process takes some lines of some length.
let writeLine = undefined, linesLeft = 0;
const shown = value => {
    if (typeof value === "string") return value;
    try { return stringify(value) ?? Text(value); }
    catch (error) { if (error instanceof Engine) throw error; return "?"; }
};
const say = (...given) => {
    if (writeLine === undefined || linesLeft-- <= 0) return;
    writeLine(given.map(shown).join(" ").slice(0, LONGEST_LINE).toWellFormed());
};
globalThis.console = { log: say, debug: say, info: say, warn: say, error: say, trace: say };

const seen = new Set(roots), queue = [...roots];
const visit = value => {
    if (value !== null && !seen.has(value)) { seen.add(value); queue[queue.length] = value; }
};
while (queue.length > 0) {
    const next = queue.pop(), names = ownKeys(next), count = names.length;
    visit(proto(next));
    if (count === 2 && names[0] === "length" && names[1] === "name") continue;  // most functions: a third of the time
    for (let i = 0; i < count; i++) {
        const { value, get, set } = getOwnPropertyDescriptor(next, names[i]);
        if (typeof value === "object" || typeof value === "function") visit(value);
        if (get !== undefined) visit(get);
        if (set !== undefined) visit(set);
    }
}
// globalThis itself is frozen too; typed arrays never appear here, so nothing refuses.
for (const value of seen) freeze(value);

// No recursion: a caller chooses how deep its part of a context is, and must not be able to end the call by it.
const frozen = value => {
    if (typeof value !== "object" || value === null) return value;
    const open = [value];
    while (open.length > 0) {
        const one = open.pop(), names = keys(one), count = names.length;
        for (let i = 0; i < count; i++) {
            const inner = one[names[i]];
            if (typeof inner === "object" && inner !== null) open[open.length] = inner;
        }
        freeze(one);
    }
    return value;
};

// What a script did wrong, as [1, line] or [2, 0]: no text leaves. Where the engine itself gave up, the call ends:
// without memory for an Error even null is thrown.
const line = error => {
    if (typeof error !== "object") return 0;
    const stack = apply(stackOf, error, []);
    if (typeof stack !== "string") return 0;
    for (let at = stack.indexOf("<input>:"); at >= 0; at = stack.indexOf("<input>:", at + 8)) {
        const found = integer(stack.slice(at + 8, at + 16));
        if (found > FIRST_LINE) return found - FIRST_LINE;
    }
    return 0;
};
const fault = error => {
    if (error === null || error === undefined || error instanceof Engine) throw error;
    return [1, line(error)];
};

// Reading and freezing are what costs: parameters, and often the base, are the same in call after call and, frozen,
// nothing a script could change.
const remembered = () => {
    let told, params;
    return text => {
        if (text !== told) { params = frozen(parse(text)); told = text; }
        return params;
    };
};

// Candidates are contexts, or with a base profiles: then each context is the base and one profile.
const judge = (make, hosts, parameters, bases) => (given, shared, text) => {
    const params = parameters(given), base = shared === "" ? undefined : bases(shared), candidates = parse(text);
    const count = candidates.length, answers = [];
    linesLeft = MOST_LINES;
    for (let i = 0; i < count; i++) {
        try {
            const context = base === undefined ? candidates[i] : { ...base, user: candidates[i] };
            const policy = hosts.length === 0 ? make() : apply(make, undefined, hosts);
            const verdict = policy(context, params);
            answers[i] = verdict === true ? 1 : verdict === false ? 0 : [2, 0];
        } catch (error) { answers[i] = fault(error); }
    }
    return stringify(answers);
};

const structured = value => {
    if (typeof value !== "string") return value;
    const start = value.trimStart()[0];
    if (start !== "{" && start !== "[") return value;
    try { return parse(value); } catch (error) { if (error instanceof SyntaxError) return value; throw error; }
};
const rendered = result => {
    if (result === null || result === undefined) return "";
    if (typeof result === "function") return [2, 0];
    const text = typeof result === "object" ? stringify(result) : Text(result);
    return text === undefined ? "" : text.toWellFormed();
};
const convert = (make, hosts, parameters) => (given, seed, text) => {
    if (isRandom) draw = stream(seed);
    linesLeft = MOST_LINES;
    const params = parameters(given), values = parse(text), answers = [];
    for (let i = 0; i < values.length; i++) {
        try { answers[i] = rendered(apply(make, undefined, hosts)(structured(values[i]), params)); }
        catch (error) { answers[i] = fault(error); }
    }
    return stringify(answers);
};

// The other process answers "1" and JSON, or "0": then the script gets an error without a word in it.
const hostCall = name => (...given) => {
    const asked = stringify(given), answer = call(name, asked);
    if (answer[0] !== "1") throw new Refusal("host call failed");
    return parse(answer.slice(1));
};
const hostCalls = names => {
    const hosts = [];
    if (names.length > 0) for (const name of names.split(",")) hosts[hosts.length] = freeze(hostCall(name));
    return freeze(hosts);
};

return (make, kind, names) => {
    const hosts = hostCalls(names);
    if (names.split(",").includes("writeLine")) writeLine = hostCall("writeLine");
    if (kind === "check") return typeof apply(make, undefined, hosts) === "function";
    return kind === "policy" ? judge(make, hosts, remembered(), remembered()) : convert(make, hosts, remembered());
};
})()
"""


LINES_BEFORE = 1_000
"""Lines before a script's first: every line of a stack above it is the script's, every one below the harness's."""

MOST_LINES, LONGEST_LINE = 100, 1_000
"""Lines on the console that leave, and characters of each."""

HARNESS = (
    HARNESS.replace("FIRST_LINE", str(LINES_BEFORE))
    .replace("MOST_LINES", str(MOST_LINES))
    .replace("LONGEST_LINE", str(LONGEST_LINE))
)


def wrap(source: str, *, function: str, names: tuple[str, ...], variables: tuple[str, ...] = ()) -> str:
    """Make the script the body of a function that gives the script's own function.

    Args:
        names: host functions, which are its parameters.
        variables: names that the script assigns without declaring them; they stand in a function around it.
    """
    parameters = ", ".join(names)
    around, behind = "", ""
    if variables:
        around, behind = f'(function ({parameters}) {{ "use strict"; var {", ".join(variables)}; return ', "(); })"
        parameters = ""
    return (
        "\n" * (LINES_BEFORE - 1) + f'{around}(function ({parameters}) {{ "use strict";\n{source}\n;'
        f'return typeof {function} === "function" ? {function} : undefined; }}){behind}'
    )
