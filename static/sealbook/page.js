// What every page of ours does in the browser: menus close, code is copied, tabs turn, a failed request says so.

const messages = () => document.getElementById("messages");

const say = (text) => {
  const status = document.getElementById("status");
  status.textContent = "";
  requestAnimationFrame(() => { status.textContent = text; }); // an unchanged text would not be read out again
};

// --- Menus ---

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// --- Copying ---

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 2000);
  } catch {
    const range = document.createRange();
    range.selectNodeContents(document.getElementById(button.dataset.copy));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    say("Selected: press Control C to copy");
  }
});

// --- Tabs (the WAI-ARIA pattern; without this script every panel is simply visible) ---

const select = (tab) => {
  const list = tab.closest("[role=tablist]");
  for (const other of list.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  sessionStorage.setItem(`tab:${list.id}`, tab.id);
};

const prepareTabs = (root) => {
  for (const list of root.querySelectorAll("[role=tablist]")) {
    list.hidden = false;
    const remembered = document.getElementById(sessionStorage.getItem(`tab:${list.id}`) ?? "");
    select(remembered && list.contains(remembered) ? remembered : list.querySelector("[role=tab]"));
  }
};

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[role=tab]");
  if (tab) select(tab);
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  select(next);
  next.focus();
});

document.addEventListener("DOMContentLoaded", () => prepareTabs(document));
document.addEventListener("htmx:afterSwap", (event) => prepareTabs(event.detail.target.isConnected ? event.detail.target : document));

// --- Requests that failed: the page still shows the state before the click, so it has to say that nothing changed ---

const REASONS = {
  401: "You are signed out. Sign in again to go on.",
  403: "Refused: you may not do this in this environment. The refusal is in the book.",
  409: "Somebody changed this at the same moment. Reload the page and try again.",
  429: "Too many requests. Wait a moment and try again.",
  503: "Not done: the record could not be written, so nothing was changed or released. Try again.",
};

const fail = (reason, reference, decision) => {
  const notice = document.getElementById("failure").content.firstElementChild.cloneNode(true);
  notice.querySelector("[data-reason]").textContent = reason;
  const place = notice.querySelector("[data-reference]");
  if (reference) place.querySelector("code").textContent = reference;
  else place.remove();
  const why = notice.querySelector("[data-decision]");
  if (why && decision) why.href = why.getAttribute("href").replace(/[0-9a-f-]{36}/, decision);
  else why?.remove();
  messages().replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
};

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  fail(REASONS[xhr.status] ?? "That did not work, and nothing was changed.", xhr.getResponseHeader("X-Request-Id"), xhr.getResponseHeader("X-Sealbook-Decision"));
});
document.addEventListener("htmx:sendError", () => fail("The server could not be reached. Nothing was changed.", null));
document.addEventListener("htmx:timeout", () => fail("The server took too long to answer. Reload to see whether the change was made.", null));
document.addEventListener("htmx:beforeRequest", () => messages().querySelector("[data-failure]")?.remove());

// --- Time that is left of an access, by the second; its end is announced once ---

const ended = new WeakSet();

const countDown = () => {
  for (const clock of document.querySelectorAll("time[data-until]")) {
    const left = Math.max(0, Math.ceil((new Date(clock.dataset.until) - Date.now()) / 1000));
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left > 0 || ended.has(clock)) continue;
    ended.add(clock);
    clock.closest(".access-banner")?.remove();
    say("Your access has ended.");
    document.dispatchEvent(new CustomEvent("sealbook:ended"));
  }
};

if (document.querySelector("time[data-until]") || document.getElementById("request-state")) {
  countDown();
  setInterval(countDown, 1000);
  document.addEventListener("htmx:afterSwap", countDown); // what comes from the server says the hour, until the next second
}
