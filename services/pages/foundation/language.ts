// Chinese and English: which one is shown, and how a page keeps its words.

import { keep, kept } from "./browser_storage";
import { Store, useStore } from "./store";

export type Language = "zh" | "en";

const KEPT_AS = "forestall.language";

function first(): Language {
  const before = kept(KEPT_AS);
  if (before === "zh" || before === "en") return before;
  // The languages are in the order of the reader's liking.
  for (const one of navigator.languages) {
    if (one.toLowerCase().startsWith("zh")) return "zh";
    if (one.toLowerCase().startsWith("en")) return "en";
  }
  return "en";
}

export const language = new Store<Language>(first());

function show(): void {
  document.documentElement.lang = language.get() === "zh" ? "zh-CN" : "en";
}
language.follow(show);
show();

export function setLanguage(chosen: Language): void {
  keep(KEPT_AS, chosen);
  language.set(chosen);
}

/** Chinese and English of one phrase; `{name}` is a place for a value. */
export type Phrase = readonly [zh: string, en: string];
export type Values = Readonly<Record<string, string | number>>;

export function phraseIn(chosen: Language, phrase: Phrase, values: Values = {}): string {
  const text = phrase[chosen === "zh" ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Reads a page's words in the language that is shown: `say("offer", { name })`. */
export function speaker<Words extends Record<string, Phrase>>(words: Words) {
  return (name: keyof Words, values?: Values): string =>
    phraseIn(language.get(), words[name] as Phrase, values);
}

/** A number as readers of the shown language group its digits. */
export function numberText(value: number): string {
  return value.toLocaleString(language.get() === "zh" ? "zh-CN" : "en");
}

/** Draws the component again when the language changes, and tells which it is. */
export function useLanguage(): Language {
  return useStore(language);
}
