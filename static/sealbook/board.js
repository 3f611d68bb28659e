// The consent board: marks the cells that a flipped purpose changed, and says aloud what happened.

const cells = () => new Map([...document.querySelectorAll("[data-cell]")].map((cell) => [cell.dataset.cell, cell.textContent.replace(/\s+/g, " ").trim()]));

const SECONDS_FRESH = 8;

let before = new Map();

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.closest("#board")) document.getElementById("board").setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", () => document.getElementById("board")?.removeAttribute("aria-busy"));

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "board-live") before = cells();
});

document.addEventListener("htmx:afterSettle", () => {
  if (before.size === 0) return;
  for (const [key, text] of cells()) {
    if (before.has(key) && before.get(key) !== text) document.querySelector(`[data-cell="${CSS.escape(key)}"]`).dataset.changed = "";
  }
  before = new Map();
  const live = document.getElementById("board-live");
  live.dataset.fresh = "";
  setTimeout(() => delete live.dataset.fresh, SECONDS_FRESH * 1000);
  const announcement = document.querySelector("[data-announcement]");
  if (announcement) document.getElementById("status").textContent = announcement.textContent.replace(/\s+/g, " ").trim();
});
