// A new alert: by form, its place typed or clicked on the map.

import { useState } from "preact/hooks";
import { newKey } from "../foundation/api";
import { useLanguage } from "../foundation/language";
import type { Incident } from "./api_types";
import { Choice, Field, JurisdictionField, PointField, Text } from "./fields";
import { api, attempt, lookAtQueue, may, notice, openIncident } from "./room";
import { named, say, wordsOf } from "./words";

const STATUS_WORDS = { opened: "raised", joined: "joined", passed_on: "passedOn" } as const;

interface Draft {
  source: string;
  tier: string;
  victimRef: string;
  lon: string;
  lat: string;
  crs: string;
  address: string;
  amount: string;
  money: string;
  fraud: string;
  note: string;
  jurisdiction: string;
}

const EMPTY: Draft = {
  source: "city",
  tier: "high",
  victimRef: "",
  lon: "",
  lat: "",
  crs: "wgs84",
  address: "",
  amount: "",
  money: "",
  fraud: "",
  note: "",
  jurisdiction: "",
};

function bodyOf(draft: Draft): Record<string, unknown> {
  const body: Record<string, unknown> = {
    source: draft.source,
    tier: draft.tier,
    victim_ref: draft.victimRef,
    address_text: draft.address,
    fraud_type: draft.fraud,
    note: draft.note,
    crs: draft.crs,
  };
  if (draft.lon !== "" && draft.lat !== "") {
    body["place"] = { lon: Number(draft.lon), lat: Number(draft.lat) };
  }
  if (draft.amount !== "") body["amount_yuan"] = Number(draft.amount);
  if (draft.money !== "") body["money_state"] = draft.money;
  if (draft.jurisdiction !== "") body["jurisdiction"] = draft.jurisdiction;
  return body;
}

export function AlertForm() {
  useLanguage();
  const [draft, setDraft] = useState(EMPTY);
  // The same until it was taken, so that a second press after a broken answer raises no second one.
  const [requestKey, setRequestKey] = useState(newKey);
  const [busy, setBusy] = useState(false);
  const set = (change: Partial<Draft>) => setDraft((known) => ({ ...known, ...change }));
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    await attempt(async () => {
      const answer = await api.post<{ status: keyof typeof STATUS_WORDS; incident?: Incident }>(
        "/v1/alerts",
        bodyOf(draft),
        requestKey,
      );
      setRequestKey(newKey());
      setDraft({ ...EMPTY, source: draft.source });
      await lookAtQueue();
      if (answer.incident && may("dispatch")) openIncident(answer.incident.id);
      notice.set({ text: say(STATUS_WORDS[answer.status]), bad: false });
    });
    setBusy(false);
  };
  return (
    <form class="alert-form" onSubmit={(event) => void submit(event)}>
      <h2>{say("newAlert")}</h2>
      <div class="pair">
        <Choice
          label={say("tier")}
          vocabulary="tier"
          words={wordsOf("tier")}
          value={draft.tier}
          onChange={(tier) => set({ tier })}
        />
        <Choice
          label={say("source")}
          vocabulary="source"
          words={wordsOf("source")}
          value={draft.source}
          onChange={(source) => set({ source })}
        />
      </div>
      <Text
        label={say("victimRef")}
        hint={say("victimRefHint")}
        required
        value={draft.victimRef}
        onInput={(victimRef) => set({ victimRef })}
      />
      <PointField label={say("place")} point={draft} onChange={(point) => set({ ...point })} />
      <Field label={say("coordinates")}>
        {(id) => (
          <select
            id={id}
            value={draft.crs}
            onChange={(event) => set({ crs: event.currentTarget.value })}
          >
            <option value="wgs84">WGS-84</option>
            <option value="gcj02">GCJ-02</option>
            <option value="bd09">BD-09</option>
          </select>
        )}
      </Field>
      <Text label={say("address")} value={draft.address} onInput={(address) => set({ address })} />
      <div class="pair">
        <Text
          label={say("amount")}
          type="number"
          value={draft.amount}
          onInput={(amount) => set({ amount })}
        />
        <Choice
          label={say("moneyState")}
          vocabulary="moneyState"
          words={wordsOf("moneyState")}
          none={named("moneyState", null)}
          value={draft.money}
          onChange={(money) => set({ money })}
        />
      </div>
      <Text label={say("fraud")} value={draft.fraud} onInput={(fraud) => set({ fraud })} />
      <Text label={say("note")} value={draft.note} onInput={(note) => set({ note })} />
      <JurisdictionField
        value={draft.jurisdiction}
        onChange={(jurisdiction) => set({ jurisdiction })}
      />
      <button type="submit" class="main" disabled={busy}>
        {say("send")}
      </button>
    </form>
  );
}
