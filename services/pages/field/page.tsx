// The page of a unit on its way.

import { useEffect, useState } from "preact/hooks";
import { numberText, setLanguage, useLanguage } from "../foundation/language";
import { MONEY_STATE } from "../foundation/shared_words";
import { useStore } from "../foundation/store";
import { setTheme, theme } from "../foundation/theme";
import { Answers } from "./answers";
import {
  type AssignmentFile,
  type CheckpointFile,
  isCheckpoint,
  isOver,
  isVisit,
  LIVE,
  type LiveFile,
  type Tier,
  type VisitFile,
} from "./assignment";
import { Destination } from "./destination";
import { Elsewhere } from "./elsewhere";
import { NoticeDialog } from "./notice_dialog";
import { stateWith } from "./outbox";
import { ProofList } from "./proof_list";
import { RouteMap } from "./route_map";
import type { Failed, Visit } from "./visit";
import { NextManoeuvre, Steps } from "./way";
import { say, timeOf } from "./words";

/** Each tier has a shape, for eyes that do not tell the colours apart. */
const SHAPES: Record<Tier, string> = { critical: "◆", high: "▲", medium: "■", low: "●" };

export function Page({ visit }: { visit: Visit | null }) {
  useLanguage();
  if (visit === null) return <WrongLink />;
  return <OpenPage visit={visit} />;
}

function OpenPage({ visit }: { visit: Visit }) {
  const closed = useStore(visit.closed);
  const kept = useStore(visit.kept);
  const live = useStore(visit.live);
  const deeds = useStore(visit.deeds);
  if (closed) return <WrongLink />;
  const file = kept?.file;
  const state = file && stateWith(file.assignment.state, deeds);
  return (
    <>
      <header>
        {file && isVisit(file) && (
          <span class={`tier ${file.incident.answer_tier}`}>
            <span aria-hidden="true">{SHAPES[file.incident.answer_tier]}</span>{" "}
            {say(file.incident.answer_tier)}
          </span>
        )}
        <h1>{state ? say(state) : say("title")}</h1>
        <span class={live ? "live on" : "live"}>
          <span aria-hidden="true">{live ? "●" : "○"}</span> {say(live ? "live" : "not_live")}
        </span>
      </header>
      <Waiting visit={visit} />
      <main>
        {kept === null ? (
          <p class="empty" role="status">
            {say(navigator.onLine ? "loading" : "no_signal_yet")}
          </p>
        ) : (
          <Assignment visit={visit} file={kept.file} />
        )}
      </main>
      {file && state && LIVE.includes(state) && (
        <Answers visit={visit} state={state} reports={isVisit(file)} />
      )}
      <NoticeDialog visit={visit} />
    </>
  );
}

/** What the page must say of itself: that it is not live, and what it has not sent yet. */
function Waiting({ visit }: { visit: Visit }) {
  const live = useStore(visit.live);
  const deeds = useStore(visit.deeds);
  const kept = useStore(visit.kept);
  const refusal = useStore(visit.refusal);
  const late = useLate(!live);
  return (
    <div class="bars" role="status">
      {late && kept !== null && <p class="bar">{say("as_of", { time: timeOf(kept.atMs) })}</p>}
      {!live && deeds.map((deed) => (
        <p class="bar" key={deed.key}>
          {say(`waits_${deed.name}`)}
        </p>
      ))}
      {refusal !== null && <p class="bar bad-bar">{failureOf(refusal)}</p>}
    </div>
  );
}

function failureOf({ problem, detail }: Failed): string {
  if (problem === "no-signal") return say("failed_no_signal");
  if (problem === "not-possible-now") return say("failed_changed");
  return say(problem === "before" ? "not_taken_before" : "not_taken", { detail });
}

/** Whether something has been so for longer than a moment. */
function useLate(now: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!now) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), 1_500);
    return () => clearTimeout(timer);
  }, [now]);
  return late;
}

function Assignment({ visit, file }: { visit: Visit; file: AssignmentFile }) {
  const spoken = useLanguage();
  if (!isOver(file)) return <Live visit={visit} file={file} />;
  const { evidence_due_at: dueAt, evidence_count: count } = file.assignment;
  return (
    <>
      <p class="over">{file.sentence[spoken]}</p>
      {count !== undefined && <ProofList visit={visit} dueAt={dueAt ?? null} count={count} />}
      <Choices />
    </>
  );
}

function Live({ visit, file }: { visit: Visit; file: LiveFile }) {
  const deeds = useStore(visit.deeds);
  const state = stateWith(file.assignment.state, deeds);
  const { route } = file;
  const there = state === "on_scene" || state === "reported";
  const way = there ? null : route;
  return (
    <>
      {isVisit(file) && state === "offered" && (
        <p class="answer-by">
          {say("answer_by", { time: timeOf(Date.parse(file.assignment.acknowledge_by)) })}
        </p>
      )}
      {way !== null && <NextManoeuvre visit={visit} route={way} />}
      <Destination visit={visit} file={file} there={there} />
      {isCheckpoint(file) && <Subject file={file} />}
      <SharingLine visit={visit} />
      <RouteMap visit={visit} file={file} />
      {isVisit(file) && <Facts file={file} />}
      {way !== null && <Steps visit={visit} route={way} />}
      <Elsewhere visit={visit} apps={file.apps} />
      {isVisit(file) && there && (
        <ProofList visit={visit} dueAt={null} count={file.assignment.evidence_count} />
      )}
      <Choices />
    </>
  );
}

/** Whom to look for at a checkpoint, and from when on. */
function Subject({ file }: { file: CheckpointFile }) {
  const time = timeOf(Date.parse(file.subject.earliest_at));
  return (
    <section class="subject" aria-labelledby="subject-title">
      <h2 id="subject-title">{say("subject")}</h2>
      <p class="address">{file.subject.description}</p>
      <p class="due">{say("not_before", { time })}</p>
      {file.assignment.state === "on_scene" && <p>{say("holding")}</p>}
    </section>
  );
}

function SharingLine({ visit }: { visit: Visit }) {
  const sharing = useStore(visit.whereabouts.sharing);
  const sharedAtMs = useStore(visit.whereabouts.sharedAtMs);
  const text =
    sharing === "on" && sharedAtMs > 0
      ? say("sharing_at", { time: timeOf(sharedAtMs) })
      : say(`sharing_${sharing}`);
  return (
    <p class={sharing === "on" ? "sharing on" : "sharing"}>
      <span aria-hidden="true">{sharing === "on" ? "◉" : "○"}</span> {text}
    </p>
  );
}

function Facts({ file }: { file: VisitFile }) {
  const { incident, assignment, findings } = file;
  const rows: [string, string][] = [];
  if (incident.fraud_type) rows.push([say("fraud_type"), incident.fraud_type]);
  if (incident.amount_yuan !== null) {
    const value = numberText(incident.amount_yuan);
    rows.push([say("amount"), say("yuan", { value })]);
  }
  if (isMoneyState(incident.money_state)) rows.push([say("money"), say(incident.money_state)]);
  for (const finding of findings) rows.push([say("findings"), finding]);
  const { purpose } = assignment;
  if (rows.length === 0 && purpose === "visit") return null;
  return (
    <section class="facts" aria-labelledby="facts-title">
      <h2 id="facts-title">
        {say("facts")}
        {purpose === "second_visit" || purpose === "follow_up" ? ` · ${say(purpose)}` : ""}
      </h2>
      <dl>
        {rows.map(([name, value], index) => (
          <div key={index}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function isMoneyState(word: string | null): word is keyof typeof MONEY_STATE {
  return word !== null && word in MONEY_STATE;
}

/** Language and light or dark: chosen once, so they are at the end. */
function Choices() {
  const shown = useStore(theme);
  const spoken = useLanguage();
  const other = spoken === "zh" ? "en" : "zh";
  return (
    <nav class="row choices-of-page">
      <button
        class="side"
        lang={other === "zh" ? "zh-CN" : "en"}
        onClick={() => setLanguage(other)}
      >
        {say("language_to")}
      </button>
      <button class="side" onClick={() => setTheme(shown === "dark" ? "light" : "dark")}>
        {say(shown === "dark" ? "theme_to_light" : "theme_to_dark")}
      </button>
    </nav>
  );
}

function WrongLink() {
  return (
    <main class="wrong-link">
      <h1>{say("wrong_link")}</h1>
      <p>{say("wrong_link_help")}</p>
      <Choices />
    </main>
  );
}
