import "../foundation/theme.css";
import "../foundation/theme";
import { render } from "preact";
import { speaker, useLanguage } from "../foundation/language";

const say = speaker({ title: ["以快打快", "Forestall"] });

function Page() {
  useLanguage();
  return <h1>{say("title")}</h1>;
}

render(<Page />, document.getElementById("page") as HTMLElement);
