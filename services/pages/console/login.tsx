// Logging in: a key is changed for a session.

import { useState } from "preact/hooks";
import { useStore } from "../foundation/store";
import { allowSound } from "./alarm";
import { Text } from "./fields";
import { logIn, loginNotice } from "./room";
import { say } from "./words";

export function Login() {
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const told = useStore(loginNotice);
  const submit = async (event: Event) => {
    event.preventDefault();
    allowSound(); // the click that browsers want before a page may be heard
    setBusy(true);
    await logIn(key.trim());
    setBusy(false);
  };
  return (
    <main class="login">
      <form onSubmit={submit}>
        <h1>{say("title")}</h1>
        <Text
          label={say("key")}
          hint={say("keyHint")}
          type="password"
          required
          value={key}
          onInput={setKey}
        />
        {told !== "" && (
          <p class="bad" role="alert">
            {told}
          </p>
        )}
        <button type="submit" class="main" disabled={busy}>
          {say("logIn")}
        </button>
      </form>
    </main>
  );
}
