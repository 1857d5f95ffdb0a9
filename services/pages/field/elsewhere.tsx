// The place in the phone's own map app, and files for other devices.

import type { MapApps } from "./assignment";
import type { Visit } from "./visit";
import { say } from "./words";

/** Which addresses this device understands. Apple's know no `geo:`, computers no app of ours. */
function addresses(apps: MapApps): { name: "amap" | "baidu" | "other_app"; address: string }[] {
  const agent = navigator.userAgent;
  const touchMac = agent.includes("Macintosh") && navigator.maxTouchPoints > 1; // an iPad says so
  const geo = { name: "other_app", address: apps.geo } as const;
  if (/iPhone|iPad|iPod/.test(agent) || touchMac) {
    return [
      { name: "amap", address: apps.amap.ios },
      { name: "baidu", address: apps.baidu.ios },
    ];
  }
  if (agent.includes("Android")) {
    return [
      { name: "amap", address: apps.amap.android },
      { name: "baidu", address: apps.baidu.android },
      geo,
    ];
  }
  return [geo];
}

export function Elsewhere({ visit, apps }: { visit: Visit; apps: MapApps | null }) {
  return (
    <details class="elsewhere">
      <summary>{say("other_apps")}</summary>
      <div class="choices">
        {apps !== null &&
          addresses(apps).map(({ name, address }) => (
            <a key={name} class="button" href={address} rel="noreferrer">
              {say(name)}
            </a>
          ))}
        <button onClick={() => void visit.download("route.gpx")}>{say("gpx")}</button>
        <button onClick={() => void visit.download("cot")}>{say("cot")}</button>
      </div>
    </details>
  );
}
