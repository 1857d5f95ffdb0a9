// Which layers of the map are shown.

import { Store } from "../foundation/store";

export interface LayerChoice {
  responders: boolean;
  ways: boolean;
  closures: boolean;
  jurisdictions: boolean;
  responseTimes: boolean;
  /** Kind of which response times are shown; empty: whoever is free. */
  responseKind: string;
}

export const layerChoice = new Store<LayerChoice>({
  responders: true,
  ways: true,
  closures: true,
  jurisdictions: true,
  responseTimes: false,
  responseKind: "",
});
