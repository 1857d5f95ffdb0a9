import "../foundation/theme.css";
import "../foundation/theme";
import "./field.css";
import { render } from "preact";
import { language } from "../foundation/language";
import { allowSound } from "./alarm";
import { currentLink } from "./link";
import { Page } from "./page";
import { Visit } from "./visit";
import { say } from "./words";

const link = currentLink();
const visit = link === null ? null : new Visit(link);
visit?.start();
addEventListener("pointerdown", allowSound, { once: true });

const nameIt = () => {
  document.title = say("title");
};
language.follow(nameIt);
nameIt();

// Only a page that came over HTTPS, or from this machine, may have one.
navigator.serviceWorker?.register("/u/service_worker.js", { scope: "/u/" }).catch(() => {});

render(<Page visit={visit} />, document.getElementById("page") as HTMLElement);
