// The live book: asks for what came behind the last place that is shown. The state moves on only with the rows that came
// with it, so an answer that is lost is asked for again; a place that is shown already is not shown twice.

const EVERY = 2_000; // milliseconds
const LONGEST = 30_000;
const MOST = 1_000; // rows that stay on the page

const live = document.getElementById("live");
const state = document.getElementById("live-state");
const pause = document.getElementById("live-pause");
const again = document.getElementById("live-again");
const rows = document.getElementById("live-rows");

let wait = EVERY;
let timer = 0;
let isPaused = false;
let isOver = false;
let isAsking = false;

const say = (word, detail = "") => {
  const text = state.dataset[word] + detail;
  state.dataset.is = word;
  if (state.textContent !== text) state.textContent = text;
};

const stop = (word) => {
  isOver = true;
  pause.hidden = true;
  again.hidden = word !== "out" && word !== "elsewhere";
  say(word);
};

const take = (html) => {
  const came = new DOMParser().parseFromString(html, "text/html").getElementById("live-rows");
  if (!came) throw new Error("no rows");
  const last = Number(rows.querySelector("tr")?.dataset.index ?? -1);
  const fresh = [...came.querySelectorAll("tr")].filter((row) => Number(row.dataset.index) > last);
  for (const row of fresh) row.classList.add("book-live-new");
  rows.prepend(...fresh);
  while (rows.children.length > MOST) rows.lastElementChild.remove();
  rows.dataset.state = came.dataset.state;
  say(came.dataset.sealing === "ok" || came.dataset.sealing === "unwitnessed" ? "following" : "behind");
  return came.dataset.more === "yes";
};

const ask = async () => {
  if (isAsking || isPaused || isOver || document.hidden) return;
  isAsking = true;
  let soon = false;
  try {
    const asked = new URLSearchParams({ state: rows.dataset.state });
    const answer = await fetch(`${live.dataset.rows}?${asked}`, { redirect: "manual", signal: AbortSignal.timeout(15_000) });
    if (answer.type === "opaqueredirect" || answer.status === 401) stop("out");
    else if (answer.status === 409) stop("elsewhere");
    else if (answer.status === 403) stop("refused");
    else if (!answer.ok) throw new Error(String(answer.status));
    else {
      const html = await answer.text();
      if (!isPaused) soon = take(html); // what came after the pause is asked for again
      wait = EVERY;
    }
  } catch {
    wait = Math.min(wait * 2, LONGEST);
    if (!isPaused) say("away");
  } finally {
    isAsking = false;
    next(soon ? 0 : wait);
  }
};

const next = (milliseconds) => {
  clearTimeout(timer);
  if (!isOver) timer = setTimeout(ask, milliseconds);
};

pause.addEventListener("click", () => {
  isPaused = !isPaused;
  pause.setAttribute("aria-pressed", String(isPaused));
  say(isPaused ? "paused" : "following");
  if (!isPaused) next(0);
});

document.addEventListener("visibilitychange", () => { if (!document.hidden) next(0); });
addEventListener("online", () => { wait = EVERY; next(0); });

pause.hidden = false;
say("following");
next(EVERY);
