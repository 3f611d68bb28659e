// Ways to leave something behind. Every policy answers whether it found what an earlier call of it left.

//// top-level variables
let left = 0;
function policy() {
    return left++ > 0 }

//// a function as a store
function policy() { const was = policy.left; policy.left = 1;
    return was === 1 }

//// a closure
const policy = (() => { let n = 0;
    return () => n++ > 0 })()

//// a class
class Store { static left = 0 }
function policy() {
    return Store.left++ > 0 }

//// a generator
const g = (function* () { for (let i = 0;; i++) yield i })();
const policy = () => g.next().value > 0

//// a regular expression
const r = /a/g;
function policy() { const n = r.lastIndex; r.test('aaa');
    return n > 0 }

//// a literal's regular expression
const policy = () => { const r = /a/g; const n = r.lastIndex; r.test('aa');
    return n > 0 }

//// statics of RegExp
function policy() { const was = RegExp.$1; /(x)/.test('x');
    return was === 'x' || RegExp.$1 === 'x' }

//// a map keyed by an intrinsic
const m = new Map();
function policy() { const was = m.has(Array); m.set(Array, 1);
    return was }

//// a weak map
const m = new WeakMap();
function policy() { const was = m.has(Array); m.set(Array, 1);
    return was }

//// a private name on an intrinsic
class Base { constructor(place) {
    return place } }
class Stamp extends Base { #left = 1; static on(o) {
    return #left in o } }
function policy() { const was = Stamp.on(Array);
    try { new Stamp(Array) } catch (e) {} return was }

//// a template's strings
const tag = s => s;
function policy() { const s = tag`a`;
    try { s.left = 1 } catch (e) {} return s.left === 1 }

//// Error.prepareStackTrace
function policy() { const was = new Error('x').stack === 'left';
    try { Error.prepareStackTrace = () => 'left' } catch (e) {} return was }

//// Error.stackTraceLimit
function policy() { const was = Error.stackTraceLimit === 77;
    try { Error.stackTraceLimit = 77 } catch (e) {} return was }

//// a pending promise
function policy() { const was = Array.left === 1; (async () => { await null; Array.left = 1 })();
    return was }

//// a sloppy global
function policy() { const was = typeof left !== 'undefined';
    try { left = 1 } catch (e) {} return was }

//// a getter that counts
let n = 0;
function policy() {
    try { Object.defineProperty(globalThis, 'left', { get: () => n++ }) } catch (e) {} return globalThis.left > 0 }

//// the parameters
function policy(c, params) { const was = params.list[0].left === 1;
    try { params.list[0].left = 1; params.list.push(1) } catch (e) {} return was || params.list.length > 1 }

//// the context
function policy(context) { const was = context.left === 1; context.left = 1;
    return was }

//// an array's iterator
function policy() {
    const p = Object.getPrototypeOf([][Symbol.iterator]()); const was = [...[1]].length !== 1;
    try { p.next = () => ({ done: true }) } catch (e) {} return was }

//// toJSON
function policy() { const was = JSON.stringify({}) !== '{}';
    try { Object.prototype.toJSON = () => 1 } catch (e) {} return was }

//// Symbol.hasInstance
function policy() { const was = 1 instanceof InternalError;
    try { Object.defineProperty(InternalError, Symbol.hasInstance, { value: () => true }) } catch (e) {} return was }

//// a species
function policy() { const was = [1].map(x => x).left === 1;
    const a = [1];
    try { Array[Symbol.species] = class extends Array { left = 1 } } catch (e) {} return was }

//// a redefined function
function policy() { const was = parseInt('7') !== 7;
    try { globalThis.parseInt = () => 0 } catch (e) {} try { parseInt = () => 0 } catch (e) {} return was }

//// a thrown object
const e = new Error('x');
function policy() { const was = e.left === 1; e.left = 1;
    return was }
