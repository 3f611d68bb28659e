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

// What was revealed does not stay on the screen once the access is over: the state is asked for again, the fields go.
document.addEventListener("sealbook:ended", () => {
  document.querySelectorAll("[data-value]").forEach((value) => { value.textContent = "••••••"; value.className = "masked"; });
  document.getElementById("request-state")?.dispatchEvent(new CustomEvent("ended"));
});
