// With the page and not with the map: a style that failed to come is not asked for again.
import "maplibre-gl/dist/maplibre-gl.css";
import "../foundation/theme.css";
import "./console.css";
import "./map_panel.css";
import "./side_panel.css";
import "../foundation/theme";
import { render } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useLanguage } from "../foundation/language";
import { useStore } from "../foundation/store";
import { AlertForm } from "./alert_form";
import { ClosuresPanel } from "./closures_panel";
import { endDrawing } from "./closure_drawing";
import { IncidentPanel } from "./incident_panel";
import { InterceptionPanel } from "./interception_panel";
import { LayersPanel } from "./layers_panel";
import { Login } from "./login";
import { MapPanel } from "./map_panel";
import { QueuePanel } from "./queue_panel";
import { begin, logOut, may, notice, type Panel, panel, pick, session } from "./room";
import { Alarms, NotLive, TopBar } from "./top_bar";
import { say } from "./words";

function Page() {
  useLanguage();
  const who = useStore(session);
  if (who === undefined) return null;
  if (who === null) return <Login />;
  if (!may("dispatch")) {
    return (
      <main class="login">
        <p>{say("cannotWatch")}</p>
        <button type="button" onClick={() => void logOut()}>
          {say("logOut")}
        </button>
      </main>
    );
  }
  return <Room />;
}

function Room() {
  const shown = useStore(panel);
  return (
    <div class="room">
      <TopBar />
      <main class={shown === null ? "floor" : "floor with-panel"}>
        <QueuePanel />
        <div class="middle">
          <NotLive />
          <Alarms />
          <MapPanel />
          <Notice />
        </div>
        {shown !== null && <SidePanel />}
      </main>
    </div>
  );
}

function SidePanel() {
  const shown = useStore(panel);
  const place = useRef<HTMLElement>(null);
  useFocusIn(place, panelName(shown));
  const close = () => {
    endDrawing();
    panel.set(null);
  };
  return (
    <aside ref={place} tabIndex={-1} class="panel" aria-label={titleOf(shown?.kind ?? "")}>
      <button type="button" class="close" aria-label={say("close")} onClick={close}>
        ×
      </button>
      {shown?.kind === "incident" && <IncidentPanel key={shown.id} />}
      {shown?.kind === "alert" && <AlertForm />}
      {shown?.kind === "closures" && <ClosuresPanel />}
      {shown?.kind === "layers" && <LayersPanel />}
      {shown?.kind === "interception" && <InterceptionPanel key={shown.id ?? ""} id={shown.id} />}
    </aside>
  );
}

function panelName(shown: Panel): string {
  return shown !== null && "id" in shown ? `${shown.kind} ${shown.id ?? ""}` : (shown?.kind ?? "");
}

/** Takes the keyboard to what has opened, and back to where it came from when that is closed. */
function useFocusIn(place: { current: HTMLElement | null }, name: string): void {
  const from = useRef<HTMLElement | null>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    if (before instanceof HTMLElement && !place.current?.contains(before)) from.current = before;
    place.current?.focus({ preventScroll: true });
  }, [name]);
  useLayoutEffect(
    () => () => {
      const now = document.activeElement;
      const left = now === null || now === document.body || place.current?.contains(now);
      if (left && from.current?.isConnected) from.current.focus({ preventScroll: true });
    },
    [],
  );
}

function titleOf(kind: string): string {
  if (kind === "alert") return say("newAlert");
  if (kind === "closures") return say("closures");
  if (kind === "layers") return say("layers");
  return say(kind === "interception" ? "interception" : "incident");
}

function Notice() {
  const told = useStore(notice);
  return (
    <div class="notice-place" role="status" aria-live="polite">
      {told !== null && (
        <p class={told.bad ? "notice bad-notice" : "notice"}>
          {told.text}{" "}
          <button type="button" aria-label={say("close")} onClick={() => notice.set(null)}>
            ×
          </button>
        </p>
      )}
    </div>
  );
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && pick.get() !== null) pick.set(null);
});

render(<Page />, document.getElementById("page") as HTMLElement);
void begin();
