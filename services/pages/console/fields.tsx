// Form fields that several panels have.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useStore } from "../foundation/store";
import { jurisdictions, pick, session } from "./room";
import { named, say, type Vocabulary } from "./words";

interface FieldProps {
  label: string;
  hint?: string;
  children: (id: string) => ComponentChildren;
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id)}
      {hint && <p class="hint">{hint}</p>}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  vocabulary: Vocabulary;
  words: string[];
  value: string;
  /** What the empty choice is called, where there is one. */
  none?: string;
  onChange(value: string): void;
}

export function Choice({ label, vocabulary, words, value, none, onChange }: ChoiceProps) {
  return (
    <Field label={label}>
      {(id) => (
        <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {none !== undefined && <option value="">{none}</option>}
          {words.map((word) => (
            <option key={word} value={word}>
              {named(vocabulary, word)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface TextProps {
  label: string;
  hint?: string;
  value: string;
  required?: boolean;
  type?: "text" | "number" | "password";
  onInput(value: string): void;
}

export function Text({ label, hint, value, required, type, onInput }: TextProps) {
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(id) => (
        <input
          id={id}
          type={(type ?? "text") as "text"}
          step={type === "number" ? "any" : undefined}
          value={value}
          required={required ?? false}
          autocomplete="off"
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface Point {
  lon: string;
  lat: string;
}

interface PointProps {
  label: string;
  point: Point;
  required?: boolean;
  onChange(point: Point): void;
}

/** A place: typed, clicked on the map, or the map's centre. */
export function PointField({ label, point, required, onChange }: PointProps) {
  const picking = () =>
    pick.set({
      hint: say("pickOnMap"),
      take: (lon, lat) => {
        onChange({ lon: lon.toFixed(6), lat: lat.toFixed(6) });
        pick.set(null);
      },
    });
  const wanted = required ?? false;
  return (
    <fieldset class="point">
      <legend>{label}</legend>
      <Text
        label={say("lon")}
        type="number"
        required={wanted}
        value={point.lon}
        onInput={(lon) => onChange({ ...point, lon })}
      />
      <Text
        label={say("lat")}
        type="number"
        required={wanted}
        value={point.lat}
        onInput={(lat) => onChange({ ...point, lat })}
      />
      <button type="button" onClick={picking}>
        {say("pick")}
      </button>
    </fieldset>
  );
}

interface JurisdictionProps {
  value: string;
  onChange(value: string): void;
}

/** Asked only where the key holds several, for then the service wants to be told. */
export function JurisdictionField({ value, onChange }: JurisdictionProps) {
  const held = useStore(session)?.jurisdictions ?? [];
  const areas = useStore(jurisdictions);
  if (held.length === 1 && held[0] !== "*") return null;
  const offered = held.includes("*") ? areas.map((one) => one.jurisdiction) : held;
  const id = "known-jurisdictions";
  return (
    <Field label={say("jurisdiction")}>
      {(field) => (
        <>
          <input
            id={field}
            list={id}
            value={value}
            autocomplete="off"
            onInput={(event) => onChange(event.currentTarget.value)}
          />
          <datalist id={id}>
            {offered.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
