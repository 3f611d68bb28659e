// Calls every function of the engine with an object that notes which of its properties are asked for, and gives the
// names: what a script can read of a subject without writing it down.
(function () {
"use strict";
const asked = new Set();
let reply, symbols;
const note = key => { if (typeof key === "string") asked.add(key); };
const recorder = new Proxy({}, {
    get(_, key) { note(key); return typeof key === "symbol" && !symbols ? undefined : reply; },
    has(_, key) { note(key); return true; },
    getOwnPropertyDescriptor(_, key) { note(key); return undefined; },
    ownKeys() { note("every_name"); return []; },
    set() { return true; }, defineProperty() { return true; }, deleteProperty() { return true; },
});
const shape = function () { return recorder; };

const functions = new Set(), seen = new Set([recorder]), queue = [
    globalThis, Int8Array, [].values(), new Map().values(), new Set().values(), ""[Symbol.iterator](), "".matchAll(/a/g),
    [1].values().map(x => x), Iterator.from({ next() { return { done: true }; } }), (function* () {})(),
    (async function* () {})(),
];
while (queue.length > 0) {
    const next = queue.pop();
    if (next === null || (typeof next !== "object" && typeof next !== "function") || seen.has(next)) continue;
    seen.add(next);
    if (typeof next === "function") functions.add(next);
    queue.push(Object.getPrototypeOf(next));
    for (const key of Reflect.ownKeys(next)) {
        const found = Object.getOwnPropertyDescriptor(next, key);
        queue.push(found.value, found.get, found.set);
    }
}
// What takes a name as an argument, or lists names, is told by its own name in a text; these start nothing either.
const named = ["hasOwnProperty", "propertyIsEnumerable", "__lookupGetter__", "__lookupSetter__", "__defineGetter__",
               "__defineSetter__"].map(name => Object.prototype[name]);
for (const one of [eval, Atomics.wait, ...named]) functions.delete(one);
for (const holder of [Object, Reflect, JSON, Iterator])
    for (const name of Object.getOwnPropertyNames(holder)) if (name !== "prototype") functions.delete(holder[name]);

const receivers = [
    () => undefined, () => recorder, () => "a", () => [recorder, recorder], () => /a/g, () => new Map([[1, recorder]]),
    () => new Set([recorder]), () => new Date(0), () => new Int8Array(8), () => new ArrayBuffer(8),
    () => new DataView(new ArrayBuffer(8)), () => [recorder].values(), () => (function* () { yield recorder; })(),
    () => new Error("a"), () => new DisposableStack(), () => shape,
];
const given = [
    [], [recorder], [shape], ["", recorder], [recorder, recorder], [[1], recorder], [new ArrayBuffer(8), recorder],
    [[[recorder, recorder]]], [[recorder]], [1, recorder], [recorder, shape], [[1], shape], ["a", shape],
    [1, 1, recorder], [[1], shape, recorder], ["YQ==", recorder],
];
const attempt = work => {
    try {
        const made = work();
        if (typeof made === "object" && made !== recorder && typeof made.next === "function") made.next();
    } catch (error) {}
};
const replies = [[undefined, false], ["1", false], [shape, false], [shape, true], [recorder, false], [() => 1, false],
                 ["longest", false]];
for ([reply, symbols] of replies) {
    for (const one of functions) for (const parts of given) {
        for (const receiver of receivers) attempt(() => Reflect.apply(one, receiver(), parts));
        attempt(() => Reflect.construct(one, parts));
    }
    for (const operate of [
        () => recorder + "", () => -recorder, () => `${recorder}`, () => recorder == 1, () => ({})[recorder],
        () => { for (const one of recorder); }, () => { const [a] = recorder; }, () => ({}) instanceof recorder,
        () => { throw recorder; }, () => new (class extends recorder {})(), () => [recorder] + "",
        () => { for (const x of (function* () { yield* recorder; })()); },
    ]) attempt(operate);
}
// Bare texts and numbers of the lists above, which came in as names.
return [...asked].filter(name => /^[A-Za-z_]\w+$/.test(name) && name !== "longest").sort().join(" ");
})()
