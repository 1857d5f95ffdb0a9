// Words of the API that both pages show: one home, so that a unit and its centre say the same.

import type { Phrase } from "./language";

export const TIER = {
  critical: ["特危", "Critical"],
  high: ["高危", "High"],
  medium: ["中危", "Medium"],
  low: ["低危", "Low"],
} satisfies Record<string, Phrase>;

export const MONEY_STATE = {
  in_account: ["在账户内", "In the account"],
  transferring: ["正在转账", "Being transferred"],
  cash_withdrawn: ["已取现", "Withdrawn in cash"],
  in_vehicle: ["在车上", "In a vehicle"],
  handed_over: ["已交付", "Handed over"],
} satisfies Record<string, Phrase>;

export const VISIT_OUTCOME = {
  dissuaded: ["劝阻成功", "Dissuaded"],
  not_convinced: ["未能说服", "Not convinced"],
  not_found: ["未找到本人", "Not found"],
  refused: ["拒绝见面", "Refused"],
} satisfies Record<string, Phrase>;

export const CHECKPOINT_KIND = {
  toll_gate: ["收费站", "Toll gate"],
  ramp: ["匝道", "Ramp"],
  service_area: ["服务区", "Service area"],
  motorway_junction: ["高速互通", "Motorway junction"],
  tunnel_mouth: ["隧道口", "Tunnel mouth"],
  bridge: ["桥梁", "Bridge"],
  junction: ["路口", "Junction"],
} satisfies Record<string, Phrase>;
