// The theme's htmx would add an inline style sheet, which the content security policy refuses, and could evaluate attributes.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.historyCacheSize = 0;

// Django's two-box selector labels plain spans, which assistive technology may not read: a label needs a role.
window.addEventListener("load", () => setTimeout(() => {
  for (const hint of document.querySelectorAll("span.help-tooltip[aria-label]")) hint.setAttribute("role", "img");
}));
