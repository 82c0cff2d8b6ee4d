// Before the first paint: the theme that was chosen here, and the mark that scripts run.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const choices = ["system", "light", "dark"];
  const apply = (theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    document.dispatchEvent(new CustomEvent("nova:theme", { detail: theme }));
  };
  const stored = () => {
    try { return localStorage.getItem("nova-theme") || "system"; } catch { return "system"; }
  };
  apply(stored());
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-toggle]");
    if (!button) return;
    const next = choices[(choices.indexOf(stored()) + 1) % choices.length];
    try { localStorage.setItem("nova-theme", next); } catch { /* private window: for this page only */ }
    apply(next);
    button.title = button.ariaLabel = `Theme: ${next}`;
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(stored()));
})();
