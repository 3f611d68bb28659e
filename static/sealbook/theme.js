// Applies the chosen theme before the first paint. The key and its JSON form are those of the officer's console
// (unfold keeps "adminTheme" through Alpine), so one choice holds on every page.
(() => {
  const KEY = "adminTheme";
  const CHOICES = ["auto", "light", "dark"];

  const stored = () => {
    try {
      const choice = JSON.parse(localStorage.getItem(KEY));
      return CHOICES.includes(choice) ? choice : "auto";
    } catch {
      return "auto"; // storage refused or something else under the key: follow the system
    }
  };

  const apply = (choice) => {
    document.documentElement.dataset.themeChoice = choice;
    if (choice === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
  };

  const show = (choice) => {
    for (const button of document.querySelectorAll("[data-theme-button]")) {
      button.querySelector("[data-theme-name]").textContent = choice === "auto" ? "system" : choice;
      for (const icon of button.querySelectorAll("[data-theme-icon]")) icon.toggleAttribute("hidden", icon.dataset.themeIcon !== choice);
    }
  };

  const next = () => {
    const choice = CHOICES[(CHOICES.indexOf(stored()) + 1) % CHOICES.length];
    try {
      localStorage.setItem(KEY, JSON.stringify(choice));
    } catch {
      // The choice then lasts until the next page.
    }
    apply(choice);
    show(choice);
  };

  apply(stored());
  document.addEventListener("DOMContentLoaded", () => show(stored()));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-button]")) next();
  });
})();
