// What a dispatcher can do about an incident.

import { useState } from "preact/hooks";
import type { IncidentFile } from "./api_types";
import { Choice, Text } from "./fields";
import { openInterception } from "./interception_state";
import { draftInterceptionFor } from "./interception_form";
import { api, attempt, lookAtFile, pick } from "./room";
import { say, wordsOf } from "./words";

export function IncidentActions({ found }: { found: IncidentFile }) {
  const { incident } = found;
  const path = `/v1/incidents/${incident.id}`;
  const act = (word: string, body: unknown) =>
    attempt(async () => {
      await api.post(`${path}/${word}`, body);
      await lookAtFile();
    });
  const setPlace = () =>
    pick.set({
      hint: say("pickOnMap"),
      take: (lon, lat) => {
        pick.set(null);
        void act("place", { place: { lon, lat } });
      },
    });
  const intercept = () => {
    draftInterceptionFor(incident);
    openInterception(null);
  };
  return (
    <section class="actions">
      <h3>{say("actions")}</h3>
      <div class="row">
        <button type="button" onClick={setPlace}>
          {say("setPlace")}
        </button>
        <button type="button" onClick={intercept}>
          {say("start")}
        </button>
      </div>
      <Contact act={act} />
      <Tier act={act} tier={incident.tier} />
      <Visit act={act} />
      <Close act={act} />
    </section>
  );
}

type Act = (word: string, body: unknown) => Promise<boolean>;

function Contact({ act }: { act: Act }) {
  const [channel, setChannel] = useState("call");
  const [outcome, setOutcome] = useState("unreachable");
  const [note, setNote] = useState("");
  return (
    <details>
      <summary>{say("called")}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void act("contacts", { channel, outcome, note }).then((done) => done && setNote(""));
        }}
      >
        <Choice
          label={say("channel")}
          vocabulary="channel"
          words={wordsOf("channel")}
          value={channel}
          onChange={setChannel}
        />
        <Choice
          label={say("outcome")}
          vocabulary="contactOutcome"
          words={wordsOf("contactOutcome")}
          value={outcome}
          onChange={setOutcome}
        />
        <Text label={say("note")} value={note} onInput={setNote} />
        <button type="submit">{say("apply")}</button>
      </form>
    </details>
  );
}

function Tier({ act, tier }: { act: Act; tier: string }) {
  const [wanted, setWanted] = useState(tier);
  const [reason, setReason] = useState("");
  return (
    <details>
      <summary>{say("tierChange")}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void act("tier", { tier: wanted, reason });
        }}
      >
        <Choice
          label={say("tier")}
          vocabulary="tier"
          words={wordsOf("tier")}
          value={wanted}
          onChange={setWanted}
        />
        <Text label={say("reason")} required value={reason} onInput={setReason} />
        <button type="submit">{say("apply")}</button>
      </form>
    </details>
  );
}

function Visit({ act }: { act: Act }) {
  const [reason, setReason] = useState("");
  return (
    <details>
      <summary>{say("orderVisit")}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void act("visits", { reason });
        }}
      >
        <Text label={say("reason")} required value={reason} onInput={setReason} />
        <button type="submit">{say("apply")}</button>
      </form>
    </details>
  );
}

function Close({ act }: { act: Act }) {
  const [reason, setReason] = useState("dissuaded");
  const [note, setNote] = useState("");
  return (
    <details>
      <summary>{say("closeCase")}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void act("close", { reason, note });
        }}
      >
        <Choice
          label={say("reason")}
          vocabulary="closingReason"
          words={wordsOf("closingReason")}
          value={reason}
          onChange={setReason}
        />
        <Text label={say("note")} value={note} onInput={setNote} />
        <button type="submit">{say("closeCase")}</button>
      </form>
    </details>
  );
}
