// Interception: where the subject can be, who should wait where, and how it goes.

import { useState } from "preact/hooks";
import { useLanguage } from "../foundation/language";
import { useStore } from "../foundation/store";
import { spanText, timeText } from "./clock";
import { InterceptionForm, SightingForm } from "./interception_form";
import {
  areaMinutes,
  type Checkpoint,
  type Holder,
  type Interception,
  interception,
  interceptions,
  lookAtInterception,
  openInterception,
  type PlanView,
  planMissing,
  planView,
  type Post,
  shownMinute,
} from "./interception_state";
import { flyTo } from "./map_panel";
import { centreName, Neighbours } from "./neighbours_panel";
import { api, attempt, notice } from "./room";
import { named, say } from "./words";

const LIVE = ["asked", "ordered", "accepted", "en_route", "manned"];

const percent = (share: number) => `${Math.round(share * 100)} %`;

export function InterceptionPanel({ id }: { id: string | null }) {
  useLanguage();
  const found = useStore(interception);
  return (
    <>
      <h2>{say("interception")}</h2>
      {id === null ? (
        <>
          <List />
          <InterceptionForm />
        </>
      ) : found === null ? (
        <p class="empty">…</p>
      ) : (
        <One found={found} />
      )}
    </>
  );
}

function List() {
  const all = useStore(interceptions);
  if (all.length === 0) return <p class="empty">{say("noInterceptions")}</p>;
  return (
    <ul class="people">
      {all.map((one) => (
        <li key={one.id} class={one.state === "open" ? "person" : "person ended"}>
          <button type="button" class="plain" onClick={() => openInterception(one.id)}>
            <strong>{one.description || one.id}</strong>{" "}
            <span class="state">{named("interceptionState", one.state)}</span>
            <span class="quiet"> {timeText(one.opened_at, false)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function One({ found }: { found: Interception }) {
  const open = found.state === "open";
  const leads = found.role === "lead"; // only that centre plans it
  const end = (outcome: string) => () =>
    attempt(async () => {
      await api.ask(`/v1/interceptions/${found.id}?outcome=${outcome}`, { method: "DELETE" });
      await lookAtInterception();
    });
  const seen = found.last_seen;
  return (
    <>
      <button type="button" onClick={() => openInterception(null)}>
        ‹ {say("interceptions")}
      </button>
      <h3 data-interception={found.id}>
        {found.description} <span class="state">{named("interceptionState", found.state)}</span>
      </h3>
      <p class="quiet">
        {seen === null
          ? say("notSeen")
          : say("seenWhere", {
              time: timeText(seen.seen_at),
              source: seen.source || say("unknown"),
            })}
      </p>
      {seen !== null && leads && <ReachSlider horizonS={found.horizon_s} seenAt={seen.seen_at} />}
      {open && <SightingForm id={found.id} />}
      {leads && <Plan found={found} />}
      <Neighbours found={found} />
      <Checkpoints found={found} />
      {open && (
        <div class="row">
          <button type="button" onClick={() => void end("stood_down")()}>
            {say("standDown")}
          </button>
          <button type="button" onClick={() => void end("lost")()}>
            {say("lost")}
          </button>
        </div>
      )}
    </>
  );
}

function ReachSlider({ horizonS, seenAt }: { horizonS: number; seenAt: string }) {
  const minute = useStore(shownMinute);
  const minutes = areaMinutes(horizonS);
  const step = minutes[0] as number;
  const time = timeText(Date.parse(seenAt) + minute * 60_000, false);
  return (
    <label class="slider">
      <span>{say("reach", { count: Math.round(minute * 10) / 10, time })}</span>
      <input
        type="range"
        min={step}
        max={horizonS / 60}
        step={step}
        value={minute}
        onInput={(event) => shownMinute.set(Number(event.currentTarget.value))}
      />
    </label>
  );
}

function Plan({ found }: { found: Interception }) {
  const plan = useStore(planView);
  const missing = useStore(planMissing);
  if (plan === null) {
    return <p class="empty">{missing === "" ? say("planMaking") : missing}</p>;
  }
  const commit = () =>
    attempt(async () => {
      const answer = await api.post<{ taken: { responder_id: string }[] }>(
        `/v1/interceptions/${found.id}/commit`,
        { plan: plan.number },
      );
      await lookAtInterception();
      if (answer.taken.length > 0) {
        const names = answer.taken.map((one) => one.responder_id).join(", ");
        notice.set({ text: say("taken", { names }), bad: true });
      }
    });
  return (
    <section class="plan">
      <h3>
        {say("plan", { number: plan.number })} · {say("catches", { share: percent(plan.share) })}
      </h3>
      <p class="quiet">
        {say("worst", {
          behaviour: named("behaviour", plan.worst_behaviour),
          share: percent(plan.worst_share),
        })}{" "}
        · {plan.first.proven ? say("proven") : say("within", { gap: percent(plan.first.gap) })}
      </p>
      <Seal plan={plan} />
      {plan.notes.map((note) => (
        <p key={note} class="quiet">
          {note}
        </p>
      ))}
      {plan.outdated && found.state === "open" && <p class="warning">{say("planOutdated")}</p>}
      <h4>{say("plannedPosts")}</h4>
      <ul class="people">
        {plan.features
          .filter((feature) => feature.properties?.["feature"] === "checkpoint")
          .map((feature) => (
            <Planned key={String(feature.properties?.["id"])} feature={feature} />
          ))}
      </ul>
      {found.state === "open" && (
        <button
          type="button"
          class="main"
          disabled={plan.outdated || plan.committed}
          onClick={() => void commit()}
        >
          {say(plan.committed ? "committed" : "commit")}
        </button>
      )}
    </section>
  );
}

function Seal({ plan: { seal } }: { plan: PlanView }) {
  if (seal === null) return null;
  const exits = seal.open_exits.map((one) => one.name || "?").join(", ");
  return (
    <p class={seal.sealed ? "quiet" : "warning"}>
      {seal.sealed ? say("sealed", { count: seal.units }) : say("notSealed", { exits })}
    </p>
  );
}

function holderName(holder: Holder): string {
  if (holder.holder === "unit") return holder.responder_id ?? "";
  if (holder.holder === "staff") return say("staff");
  return say("neighbour", { name: centreName(holder.jurisdiction ?? "") });
}

function Planned({ feature }: { feature: GeoJSON.Feature }) {
  const told = feature.properties as {
    name: string;
    kind: string;
    margin_s: number;
    share: number;
    state: string;
    holders: Holder[];
  };
  const [lon, lat] = (feature.geometry as GeoJSON.Point).coordinates as [number, number];
  return (
    <li class="person">
      <div>
        <button type="button" class="plain" onClick={() => flyTo(lon, lat)}>
          <strong>{told.name || named("checkpointKind", told.kind)}</strong>
        </button>{" "}
        <span class="state">{named("postState", told.state)}</span>
        <p class="quiet">
          {say("margin", { time: spanText(told.margin_s) })} ·{" "}
          {say("shareOf", { share: percent(told.share) })} ·{" "}
          {told.holders.map(holderName).join(", ")}
        </p>
      </div>
    </li>
  );
}

function Checkpoints({ found }: { found: Interception }) {
  return (
    <section>
      <h3>{say("checkpoints")}</h3>
      {found.checkpoints.length === 0 && <p class="empty">{say("noCheckpoints")}</p>}
      <ul class="people">
        {found.checkpoints.map((one) => (
          <Held key={one.id} checkpoint={one} found={found} />
        ))}
      </ul>
    </section>
  );
}

function Held({ checkpoint, found }: { checkpoint: Checkpoint; found: Interception }) {
  const [note, setNote] = useState("");
  const act = (word: string) => () =>
    attempt(async () => {
      const path = `/v1/interceptions/${found.id}/checkpoints/${encodeURIComponent(checkpoint.id)}`;
      await api.post(`${path}/${word}`, note === "" ? {} : { note });
      await lookAtInterception();
    });
  const live = checkpoint.posts.some((post) => LIVE.includes(post.state));
  const words = live && found.state === "open" ? ["manned", "clear", "caught", "missed"] : [];
  return (
    <li class={live ? "person" : "person ended"} data-checkpoint={checkpoint.id}>
      <div>
        <button type="button" class="plain" onClick={() => flyTo(checkpoint.lon, checkpoint.lat)}>
          <strong>{checkpoint.name || named("checkpointKind", checkpoint.kind)}</strong>
        </button>{" "}
        <span class="state">{named("postState", checkpoint.state)}</span>
        {checkpoint.posts.map((post) => (
          <PostLine key={post.id} post={post} />
        ))}
        {words.length > 0 && (
          <div class="row">
            <input
              aria-label={say("note")}
              placeholder={say("note")}
              value={note}
              onInput={(event) => setNote(event.currentTarget.value)}
            />
            {(words as ("manned" | "clear" | "caught" | "missed")[]).map((word) => (
              <button
                key={word}
                type="button"
                class={word === "caught" ? "main" : ""}
                disabled={word === "manned" && checkpoint.state === "manned"}
                onClick={() => void act(word)()}
              >
                {say(word)}
              </button>
            ))}
          </div>
        )}
      </div>
    </li>
  );
}

function PostLine({ post }: { post: Post }) {
  const holder: Holder = {
    holder: post.holder,
    jurisdiction: post.jurisdiction,
    ...(post.responder_id === null ? {} : { responder_id: post.responder_id }),
  };
  return (
    <p class="quiet">
      {holderName(holder)} · {named("postState", post.state)} ·{" "}
      {say("margin", { time: spanText(post.margin_s) })} · {timeText(post.expected_at, false)}
      {post.late && <span class="flag">{say("late")}</span>}
    </p>
  );
}
