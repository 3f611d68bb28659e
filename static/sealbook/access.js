// The staff pages: keys of the inbox and of a decision, and the end of access while one looks at a record.

const isTyping = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select");

const walk = (step) => {
  const links = [...document.querySelectorAll("[data-walk] a")];
  if (links.length === 0) return;
  links[(links.indexOf(document.activeElement) + step + links.length) % links.length].focus();
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "j") walk(1);
  if (event.key === "k") walk(-1);
  document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});

// What was revealed stays on the screen only while the server says, every few seconds, that the access still opens it.

const MASK = "••••••";
const LONGEST_SILENCE = 12_000; // milliseconds; a page that was away, or cannot reach the server, shows nothing

const state = () => document.getElementById("request-state");
let heard = Date.now();

const mask = (value) => {
  value.textContent = MASK;
  value.className = "masked";
  value.removeAttribute("data-value");
  const again = value.parentElement.querySelector("[data-again]");
  if (again) again.hidden = false;
};

const maskAll = () => document.querySelectorAll("[data-value]").forEach(mask);

const look = () => state()?.dispatchEvent(new CustomEvent("look"));

document.addEventListener("sealbook:ended", () => { maskAll(); look(); });

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== state()) return;
  if (new URL(event.detail.xhr.responseURL).pathname === location.pathname) return;
  event.detail.shouldSwap = false; // signed out: the answer is the way to sign in
  maskAll();
  location.reload();
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.target !== state()) return;
  if (event.detail.successful) heard = Date.now();
  else maskAll();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (state() && !state().querySelector("[data-opens]")) maskAll(); // a value that was still on its way comes too late
});

// Single fields go as well: withdrawn, erased, deleted or replaced meanwhile, or under a stricter rule.
document.addEventListener("sealbook:gone", (event) => {
  for (const { value, parentElement } of document.querySelectorAll("[data-value] > [name=shown]")) {
    if (!event.detail.shown.includes(value)) continue;
    const gone = parentElement.parentElement.querySelector("[data-gone]");
    mask(parentElement);
    if (gone) gone.hidden = false;
  }
});

if (state()) setInterval(() => { if (Date.now() - heard > LONGEST_SILENCE) maskAll(); }, 1000);

document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
addEventListener("pagehide", maskAll); // so that nothing comes back from the browser's memory of pages
addEventListener("pageshow", (event) => { if (event.persisted) look(); });
