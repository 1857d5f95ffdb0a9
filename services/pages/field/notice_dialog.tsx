// What the centre has changed: over everything, until it is confirmed.

import { useEffect, useRef } from "preact/hooks";
import { language } from "../foundation/language";
import { useStore } from "../foundation/store";
import { ring } from "./alarm";
import type { Visit } from "./visit";
import { say, timeOf } from "./words";

export function NoticeDialog({ visit }: { visit: Visit }) {
  const notices = useStore(visit.notices);
  const spoken = useStore(language);
  const dialog = useRef<HTMLDialogElement>(null);
  const unread = notices.length > 0;
  useEffect(() => {
    if (!unread) return;
    dialog.current?.showModal();
    const silence = ring();
    return () => {
      silence();
      dialog.current?.close();
    };
  }, [unread]);
  return (
    <dialog
      ref={dialog}
      class="notice"
      role="alertdialog"
      aria-labelledby="notice-title"
      aria-describedby="notice-text"
      onCancel={(event) => event.preventDefault()} // no key and no gesture passes it by
    >
      <h2 id="notice-title">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 2 1 22h22zm-1 7h2v7h-2zm0 9h2v2h-2z" />
        </svg>
        {say("notice")}
      </h2>
      <ul id="notice-text">
        {[...notices].reverse().map((one) => (
          <li key={one.id}>
            <time>{timeOf(one.atMs)}</time> {one.sentence[spoken]}
          </li>
        ))}
      </ul>
      <button class="main" onClick={() => visit.confirm()}>
        {say("understood")}
      </button>
    </dialog>
  );
}
