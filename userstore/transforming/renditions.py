"""What the built-in transformers do, in the language that the wire contract shows transformers in.

The server runs its built-in transformers natively; these texts exist to be read, and to be copied: a transformer that
somebody makes with one of these texts and other parameters runs natively too (`builtin.native`). A test runs every text
in a JavaScript engine and compares it with the native code.
"""

from __future__ import annotations

NOTE = "// Run natively by the server, random ones with a cryptographic source; this text says the same.\n"

PASSTHROUGH = "function transform(data, params) { return data; }"

_MASKING = """\
const SEPARATORS = " -.()/+,:";
const SHARES = {"none": [0, 1], "1/4": [1, 4], "1/3": [1, 3], "1/2": [1, 2], "all": [1, 1]};
const allowance = (count, share) => Math.floor(count * SHARES[share][0] / SHARES[share][1]);
const substantive = chars => [...chars.keys()].filter(i => !SEPARATORS.includes(chars[i]));
const lastOf = (places, count) => places.slice().reverse().slice(0, count);
const hide = params => params.fill.repeat(8);
function written(chars, visible, params) {
  if (params.lengths !== "hidden") return chars.map((c, i) => visible(i) ? c : params.fill).join("");
  let text = "", between = "", hides = false;
  const behind = () => hides ? params.fill.repeat(3) : between;
  chars.forEach((c, i) => {
    if (!visible(i)) hides = true;
    else if (SEPARATORS.includes(c)) between += c;
    else { text += behind() + c; between = ""; hides = false; }
  });
  return text + behind();
}
function disclose(chars, wanted, params) {
  const seen = new Set(wanted.slice(0, allowance(substantive(chars).length, params.most)));
  return written(chars, i => SEPARATORS.includes(chars[i]) || seen.has(i), params);
}
"""

_LAST_DIGITS = """\
function lastDigits(data, params, least, most) {
  const chars = [...data], open = substantive(chars);
  if (open.length < least || open.length > most || open.some(i => !/[0-9]/.test(chars[i]))) return hide(params);
  return disclose(chars, lastOf(open, params.last), params);
}
"""

_COUNTRY_CODE = (
    "const COUNTRY_CODE = new RegExp('^(1|7|2[07]|3[0-469]|4[0134-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]'\n"
    "  + '|21[1-368]|2[2346][0-9]|25[0-8]|29[01789]|3[57][0-9]|38[0-35-79]|42[013]|5[09][0-9]|67[02-9]|68[0-35-9]'\n"
    "  + '|69[0-2]|80[08]|85[02356]|87[08]|88[0-368]|96[0-8]|97[0-79]|99[2-68])[0-9]{4,}$');\n"
    "const digitsOf = data => data.replace(/[^0-9]/g, '');\n"
    "function countryCode(data) {\n"
    "  const found = data.startsWith('+') && digitsOf(data).length <= 15 && COUNTRY_CODE.exec(digitsOf(data));\n"
    "  return found ? found[1] : '';\n"
    "}\n"
)


def _masking(body: str, *, before: str = "") -> str:
    return f"{NOTE}{_MASKING}{before}function transform(data, params) {{\n  if (data === '') return '';\n{body}}}"


ENDS = _masking("""\
  const chars = [...data], open = substantive(chars);
  return disclose(chars, [...lastOf(open, params.last), ...open.slice(0, params.first)], params);
""")

PHONE = _masking(
    """\
  const chars = [...data], digits = [...chars.keys()].filter(i => /[0-9]/.test(chars[i]));
  if (!digits.length) return hide(params);
  let code = params.country_code ? countryCode(data).length : 0;
  if (code > allowance(substantive(chars).length, params.most)) code = 0;
  const wanted = [...digits.slice(0, code), ...lastOf(digits, params.last), ...digits.slice(code, code + params.first)];
  return disclose(chars, wanted, params);
""",
    before=_COUNTRY_CODE,
)

EMAIL = _masking("""\
  const at = data.lastIndexOf('@'), local = data.slice(0, Math.max(at, 0)), domain = data.slice(at + 1);
  const real = /^([\\p{L}\\p{N}_-]{1,63}[.])+([\\p{L}]{2,63}|xn--[a-z0-9-]{2,59})$/iu;
  if (!local || !real.test(domain)) return hide(params);
  const seen = [...local].slice(0, Math.min(params.first, allowance([...local].length, params.most))).join('');
  const hidden = params.fill.repeat(3), ending = hidden + '.' + domain.split('.').pop();
  return seen + hidden + '@' + {domain: domain, ending: ending, none: hidden}[params.domain];
""")

CARD = _masking("  return lastDigits(data, params, 12, 19);\n", before=_LAST_DIGITS)

SSN = _masking("  return lastDigits(data, params, 9, 9);\n", before=_LAST_DIGITS)

IBAN = _masking("""\
  const chars = [...data], open = substantive(chars), text = open.map(i => chars[i]).join('');
  if (!/^[A-Za-z]{2}[A-Za-z0-9]{13,32}$/.test(text)) return hide(params);
  return disclose(chars, [...(params.country ? open.slice(0, 2) : []), ...lastOf(open, params.last)], params);
""")

NAME = _masking("""\
  const letters = [...data].filter(c => /[\\p{L}\\p{N}]/u.test(c)).length;
  const seen = Math.min(params.initials, allowance(letters, params.most));
  const initials = data.trim().split(/\\s+/).map(part => [...part].find(c => /\\p{L}/u.test(c)) || '?');
  return initials.map((letter, i) => (i < seen ? letter : params.fill) + '.').join(' ');
""")

FULL = _masking("  return params.fill.repeat(params.length);\n")

REDACT = _masking("  return params.text;\n")

PATTERN = _masking("""\
  const chars = [...data], all = [...chars.keys()], count = chars.length;
  const word = i => /[\\p{L}\\p{N}_]/u.test(chars[i]);
  const start = i => !(i && /[\\p{L}\\p{N}]/u.test(chars[i]) && word(i - 1));
  const at = chars.lastIndexOf('@'), hints = [0, at, Math.min(at + 1, count - 1), count - 1];
  const words = all.filter(word);
  const wanted = {
    '001': i => i >= count - 4, '002': start, '003': i => i >= count - 2, '004': i => at >= 0 && hints.includes(i),
    '005': () => false, '006': i => !word(i) || words.slice(-2).includes(i),
    '007': i => i < 1 || i >= count - 3, '008': i => i < 1 || i >= count - 2,
  }[params.pattern];
  const open = substantive(chars).filter(i => i !== at), visible = all.filter(wanted);
  const seen = new Set(lastOf(visible.filter(i => open.includes(i)), allowance(open.length, params.most)));
  return written(chars, i => seen.has(i) || (wanted(i) && !open.includes(i)), params);
""")

_DAY = """\
  const written = /^([0-9]{4})-([0-9]{2})-([0-9]{2})([T ].{1,40})?$/.exec(data);
  const [year, month, day] = written ? written.slice(1, 4).map(Number) : [0, 0, 0];
  const real = new Date(Date.UTC(2000, month - 1, day)); real.setUTCFullYear(year, month - 1, day);
  if (!year || real.getUTCMonth() !== month - 1 || real.getUTCDate() !== day) return '********';
"""

DATE = _masking(
    _DAY
    + """\
  const decade = String(Math.floor(year / 10) * 10).padStart(4, '0') + 's';
  const quarter = written[1] + '-Q' + Math.floor((month + 2) / 3);
  return {year: written[1], month: written[1] + '-' + written[2], quarter, decade}[params.to];
"""
)

AGE = _masking(
    _DAY
    + """\
  const today = new Date(), born = real.getTime();
  if (born > today.getTime()) return '********';
  const before = (today.getUTCMonth() - (month - 1) || today.getUTCDate() - day) < 0;
  const age = today.getUTCFullYear() - year - (before ? 1 : 0);
  if (age >= params.top) return params.top + '+';
  const low = Math.floor(age / params.width) * params.width;
  return low + '-' + (Math.min(low + params.width, params.top) - 1);
"""
)

_DRAWING = """\
const LOWER = 'abcdefghijklmnopqrstuvwxyz', UPPER = LOWER.toUpperCase(), DIGITS = '0123456789';
const ANY = LOWER + UPPER + DIGITS;
const pick = list => list[Math.floor(Math.random() * list.length)];
const draw = (alphabet, length) => Array.from({length: Math.max(length, 0)}, () => pick(alphabet)).join('');
const refill = (data, digits) => { let next = 0; return data.replace(/[0-9]/g, () => digits[next++]); };
const begun = (part, kept, alphabet) => {
  if (kept.PreserveValue) return part;
  const start = part.slice(0, kept.PreserveChars);
  return start + draw(alphabet, kept.FinalLength - start.length);
};
"""


def _drawing(body: str, *, before: str = "") -> str:
    return f"{NOTE}{_DRAWING}{before}function transform(data, params) {{\n  if (data === '') return '';\n{body}}}"


UUID = _drawing("""\
  const hex = length => draw('0123456789abcdef', length);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${pick('89ab')}${hex(3)}-${hex(12)}`;
""")

EMAIL_TOKEN = _drawing("""\
  const common = 'gmail hotmail yahoo msn aol orange wanadoo comcast live apple proton yandex ymail'.split(' ');
  const registry = 'ac co com edu gob gov go gv govt id mil ne net nom or org sch'.split(' ');
  const written = /^([^@\\s]{1,64})@([^@\\s]+)$/.exec(data), labels = written ? written[2].split('.') : [];
  if (labels.length < 2) throw new Error('not an e-mail address');
  const two = labels.length > 2 && labels.at(-1).length === 2 && registry.includes(labels.at(-2).toLowerCase());
  const ending = labels.splice(two ? -2 : -1).join('.'), domain = labels.join('.');
  const known = params[1].PreserveCommonValue && common.includes(domain.toLowerCase());
  const name = known ? domain : begun(domain, params[1], LOWER + DIGITS);
  return `${begun(written[1], params[0], ANY)}@${name}.${begun(ending, params[2], LOWER)}`;
""")

NAME_ID = _drawing("""\
  const words = data.trim().split(/\\s+/);
  const last = words.length > 1 ? words.at(-1) : '';
  return `${begun(words[0], params[0], ANY)} ${begun(last, params[1], ANY)}`;
""")

_ENDS_KEPT = """\
  const start = params.PreserveCharsStart, end = digits.length - params.PreserveCharsTrailing;
  const text = digits.slice(0, start) + draw(params.DecimalOnly ? DIGITS : ANY, end - start) + digits.slice(end);
"""

SSN_ID = _drawing(
    """\
  const digits = data.replace(/-/g, ''), valid = /^(?!000|666)[0-8][0-9]{2}(?!00)[0-9]{2}(?!0000)[0-9]{4}$/;
  if (!valid.test(digits)) throw new Error('not an SSN');
"""
    + _ENDS_KEPT
    + """\
  if (params.DecimalOnly && !valid.test(text)) return transform(data, params);
  return `${text.slice(0, 3)}-${text.slice(3, 5)}-${text.slice(5)}`;
"""
)

CARD_ID = _drawing(
    """\
  const digits = data.replace(/[^0-9]/g, '');
  if (digits.length !== 16) throw new Error('not a payment card number of 16 digits');
"""
    + _ENDS_KEPT
    + "  return text.match(/.{4}/g).join('-');\n"
)

PHONE_TOKEN = _drawing(
    """\
  const digits = digitsOf(data), written = data.startsWith('+');
  if (!digits) throw new Error('not a phone number');
  const prefix = written ? (params.keep_country_code ? countryCode(data) : '') : /^0{0,2}/.exec(digits)[0];
  const kept = digits.slice(Math.max(digits.length - params.keep_last, prefix.length));
  const free = digits.length - prefix.length - kept.length;
  return refill(data, prefix + draw(DIGITS.slice(1), Math.min(free, 1)) + draw(DIGITS, free - 1) + kept);
""",
    before=_COUNTRY_CODE,
)

CARD_TOKEN = _drawing("""\
  const digits = data.replace(/[^0-9]/g, '');
  if (digits.length < 12 || digits.length > 19) throw new Error('not a payment card number');
  const weighed = (c, i) => i % 2 ? [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][c] : Number(c);
  const valid = text => [...text].reverse().map(weighed).reduce((a, b) => a + b) % 10 === 0;
  const first = digits.slice(0, params.keep_first), last = digits.slice(digits.length - params.keep_last);
  const lead = first ? '' : draw(DIGITS.slice(1), 1);
  const drawn = first + lead + draw(DIGITS, digits.length - first.length - last.length - lead.length - 1);
  const candidates = [...DIGITS].map(balance => drawn + balance + last);
  return refill(data, pick(candidates.filter(text => valid(text) === (params.luhn === 'valid'))));
""")

SSN_TOKEN = _drawing("""\
  const valid = /^(?!000|666)[0-8][0-9]{2}-?(?!00)[0-9]{2}-?(?!0000)[0-9]{4}$/;
  if (!valid.test(data)) throw new Error('not an SSN');
  const token = refill(data, draw(DIGITS, 5) + (params.keep_serial ? data.slice(-4) : draw(DIGITS, 4)));
  return valid.test(token) ? token : transform(data, params);
""")

NAME_TOKEN = _drawing("""\
  const syllable = () => pick('bdfgklmnprstvwz') + pick('aeiou');
  const capital = word => word[0].toUpperCase() + word.slice(1);
  const word = () => capital(Array.from({length: params.syllables}, syllable).join(''));
  const words = Math.min(data.trim().split(/\\s+/).length, params.words);
  return Array.from({length: words}, word).join(' ');
""")

SHAPE_TOKEN = _drawing("""\
  const alphabet = c => {
    if (' -.()/+,:@_'.includes(c)) return c;
    if (/\\p{Nd}/u.test(c)) return DIGITS;
    return /\\p{Lu}/u.test(c) ? UPPER : LOWER;
  };
  return [...data].map(c => pick(alphabet(c))).join('');
""")
