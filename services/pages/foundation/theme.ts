// Light and dark: as the system has it, unless somebody chose.

import { keep, kept } from "./browser_storage";
import { Store } from "./store";

export type Theme = "light" | "dark";

const KEPT_AS = "forestall.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme | null {
  const before = kept(KEPT_AS);
  return before === "light" || before === "dark" ? before : null;
}

function now(): Theme {
  return chosen() ?? (system.matches ? "dark" : "light");
}

export const theme = new Store<Theme>(now());

function show(): void {
  document.documentElement.dataset["theme"] = theme.get();
}
theme.follow(show);
show();
system.addEventListener("change", () => theme.set(now()));

export function setTheme(wanted: Theme): void {
  keep(KEPT_AS, wanted);
  theme.set(wanted);
}
