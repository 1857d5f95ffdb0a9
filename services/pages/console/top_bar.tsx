// The bar on top: is it live, what time is it, how much is open, and the ways to everything else.

import { language, setLanguage, useLanguage } from "../foundation/language";
import { useStore } from "../foundation/store";
import { setTheme, theme } from "../foundation/theme";
import { acknowledge, alarms, allowSound, audible } from "./alarm";
import { nowMs, tick, timeText } from "./clock";
import { openInterception } from "./interception_state";
import { live, liveAtMs, logOut, may, openIncident, panel, queue, session } from "./room";
import { named, say, wordsOf } from "./words";

export function TopBar() {
  const shownLanguage = useLanguage();
  const shownTheme = useStore(theme);
  const shown = useStore(panel);
  const heard = useStore(audible);
  const toggle = (kind: "alert" | "closures" | "layers") => () =>
    panel.set(shown?.kind === kind ? null : { kind });
  const opens = (kind: "alert" | "closures" | "layers" | "interception") => ({
    "aria-expanded": shown?.kind === kind,
  });
  return (
    <header class="bar">
      <h1>{say("title")}</h1>
      <Liveness />
      <Clock />
      <Counts />
      <nav>
        {may("alerts:write") && (
          <button type="button" class="main" {...opens("alert")} onClick={toggle("alert")}>
            {say("newAlert")}
          </button>
        )}
        <button type="button" {...opens("interception")} onClick={() => openInterception(null)}>
          {say("interception")}
        </button>
        <button type="button" {...opens("closures")} onClick={toggle("closures")}>
          {say("closures")}
        </button>
        <button type="button" {...opens("layers")} onClick={toggle("layers")}>
          {say("layers")}
        </button>
        {!heard && (
          <button type="button" class="hint-button" onClick={allowSound}>
            {say("soundOff")}
          </button>
        )}
        <button type="button" onClick={() => setTheme(shownTheme === "dark" ? "light" : "dark")}>
          {say(shownTheme === "dark" ? "toLight" : "toDark")}
        </button>
        <button
          type="button"
          lang={shownLanguage === "zh" ? "en" : "zh-CN"}
          onClick={() => setLanguage(language.get() === "zh" ? "en" : "zh")}
        >
          {say("otherLanguage")}
        </button>
        <button type="button" onClick={() => void logOut()} title={session.get()?.name ?? ""}>
          {say("logOut")}
        </button>
      </nav>
    </header>
  );
}

function Liveness() {
  const now = useStore(live);
  return (
    <span class={`liveness ${now ? "on" : "off"}`} role="status">
      <span aria-hidden="true">{now ? "●" : "○"}</span> {say(now ? "live" : "notLive")}
    </span>
  );
}

function Clock() {
  useStore(tick);
  return <time class="clock">{timeText(nowMs())}</time>;
}

function Counts() {
  const { incidents } = useStore(queue);
  return (
    <ul class="counts" aria-label={say("openCount", { count: incidents.length })}>
      {wordsOf("tier").map((tier) => (
        <li key={tier} data-tier={tier}>
          <span class="tier-sign" data-tier={tier} aria-hidden="true">
            {named("tierSign", tier)}
          </span>
          <span class="unseen">{named("tier", tier)}</span>{" "}
          {incidents.filter((one) => one.incident.tier === tier).length}
        </li>
      ))}
    </ul>
  );
}

/** Across the page while it is not live, so that nobody takes old for new. */
export function NotLive() {
  useLanguage();
  const now = useStore(live);
  const since = useStore(liveAtMs);
  if (now || since === 0) return null;
  return (
    <p class="not-live" role="alert">
      {say("notLiveSince", { time: timeText(since) })}
    </p>
  );
}

/** New critical alerts, until somebody says that they have seen them. */
export function Alarms() {
  useLanguage();
  const waiting = useStore(alarms);
  if (waiting.length === 0) return null;
  return (
    <section class="alarms" role="alert" aria-label={say("alarm")}>
      <h2>{say("alarmCount", { count: waiting.length })}</h2>
      <ul>
        {waiting.map((incident) => (
          <li key={incident.id}>
            <button type="button" class="plain" onClick={() => openIncident(incident.id)}>
              <span class="tier-sign" data-tier="critical" aria-hidden="true">
                {named("tierSign", "critical")}
              </span>
              {incident.victim_ref} {incident.address_text}
            </button>
            <button
              type="button"
              class="main"
              onClick={() => {
                acknowledge(incident.id);
                openIncident(incident.id);
              }}
            >
              {say("acknowledge")}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
