// All words of the field page.

import { speaker } from "../foundation/language";
import { CHECKPOINT_KIND, MONEY_STATE, TIER, VISIT_OUTCOME } from "../foundation/shared_words";

export const say = speaker({
  ...TIER,
  ...MONEY_STATE,
  ...VISIT_OUTCOME,
  ...CHECKPOINT_KIND,
  title: ["出警", "On the way"],
  wrong_link: ["链接无效或已过期", "This link is wrong or has expired"],
  wrong_link_help: ["请向指挥中心索取新的链接。", "Ask the centre for another one."],
  loading: ["正在加载…", "Loading…"],
  no_signal_yet: ["没有信号，尚未收到派警信息。", "No signal: nothing has been received yet."],

  live: ["实时", "Live"],
  not_live: ["无信号", "No signal"],
  as_of: ["无信号。显示的是 {time} 的信息。", "No signal. This is what was known at {time}."],
  waits_accept: ["“接警”尚未发出，有信号后自动发送。", "“Accept” waits for a signal."],
  waits_decline: ["“拒接”尚未发出，有信号后自动发送。", "“Decline” waits for a signal."],
  waits_arrive: ["“到达”尚未发出，有信号后自动发送。", "“Arrived” waits for a signal."],
  waits_report: ["“反馈”尚未发出，有信号后自动发送。", "“Report” waits for a signal."],

  language_to: ["English", "中文"],
  theme_to_dark: ["深色", "Dark"],
  theme_to_light: ["浅色", "Light"],

  offered: ["待接警", "Offered"],
  accepted: ["已接警", "Accepted"],
  en_route: ["前往中", "On the way"],
  on_scene: ["已到达", "On scene"],
  reported: ["已反馈", "Reported"],
  declined: ["已拒接", "Declined"],
  expired: ["超时未接", "Not answered in time"],
  released: ["已撤回", "Stood down"],

  where: ["地点", "Where"],
  checkpoint: ["拦截点", "Checkpoint"],
  subject: ["目标", "Look for"],
  not_before: ["最早 {time} 到达此处", "There no sooner than {time}"],
  holding: [
    "请守住此处。是否拦住或错过，请报告中心。",
    "Hold this place, and tell the centre whether they were stopped or got past.",
  ],
  no_address: ["见地图", "See the map"],
  place_unknown: ["位置待查", "The place is not known yet"],
  place_rough: ["位置误差约 {metres}", "Within about {metres}"],
  several_places: ["另有 {count} 处可能地点", "{count} more possible places"],
  how_long: ["{minutes} 分钟", "{minutes} min"],
  under_a_minute: ["1 分钟内", "Under a minute"],
  arrival: ["{distance} · 约 {time} 到", "{distance} · there at {time}"],
  metres: ["{value} 米", "{value} m"],
  kilometres: ["{value} 公里", "{value} km"],
  no_route: ["没有可走的道路路线", "No way by road is known"],

  facts: ["警情", "The case"],
  fraud_type: ["类型", "Kind of fraud"],
  amount: ["涉案金额", "At risk"],
  yuan: ["{value} 元", "{value} yuan"],
  money: ["资金状态", "The money"],
  findings: ["研判", "Second line"],
  second_visit: ["二次干预", "Second visit"],
  follow_up: ["回访", "Follow-up"],
  answer_by: ["请在 {time} 前答复", "Answer by {time}"],

  next: ["下一步", "Next"],
  in_distance: ["{distance}后", "In {distance}"],
  steps: ["路线", "The way"],
  map: ["地图", "Map"],
  map_missing: ["此处地图未保存，请按文字路线行驶。", "No map here without a signal: follow the steps."],
  off_route: ["已偏离路线，正在重新规划", "Off the route: looking for another way"],

  other_apps: ["用其他应用打开", "Open elsewhere"],
  amap: ["高德地图", "Amap"],
  baidu: ["百度地图", "Baidu Maps"],
  other_app: ["其他地图应用", "Another map app"],
  gpx: ["下载 GPX", "Download GPX"],
  cot: ["下载 CoT", "Download CoT"],

  sharing_off: ["未共享位置", "Your position is not shared"],
  sharing_asking: ["正在定位…", "Looking for your position…"],
  sharing_on: ["正在与中心共享位置", "Your position is shared with the centre"],
  sharing_at: ["正在与中心共享位置（{time}）", "Your position is shared with the centre ({time})"],
  sharing_denied: [
    "浏览器不允许定位：请在设置中允许，否则中心看不到您的位置。",
    "The browser refuses your position: allow it in its settings, or the centre cannot see you.",
  ],
  sharing_unavailable: ["无法定位", "Your position cannot be found"],

  accept: ["接警", "Accept"],
  decline: ["拒接", "Decline"],
  cannot_go_on: ["无法前往", "Cannot go on"],
  decline_reason: ["原因", "Reason"],
  reason_busy: ["正忙其他警情", "Busy with another case"],
  reason_far: ["距离太远", "Too far away"],
  reason_vehicle: ["车辆故障", "Vehicle trouble"],
  reason_other: ["其他", "Another reason"],
  send_decline: ["确认拒接", "Decline"],
  back: ["返回", "Back"],
  arrive: ["已到达", "Arrived"],
  report: ["反馈结果", "Report"],
  report_question: ["见面结果如何？", "How did it go?"],
  note: ["备注（可不填）", "Note (optional)"],
  send_report: ["确认：{outcome}", "Send: {outcome}"],

  proof: ["执法记录", "Evidence"],
  proof_due: ["请在 {time} 前上传", "Send it by {time}"],
  proof_count: ["已收到 {count} 个文件", "{count} received"],
  add_proof: ["拍摄或选择照片、视频", "Take or choose photos and videos"],
  proof_sending: ["正在上传 {percent}%", "Sending, {percent}%"],
  proof_waiting: ["等待信号，已上传 {percent}%", "Waits for a signal, {percent}% sent"],
  proof_done: ["已收到", "Received"],
  proof_refused: ["未接受：{detail}", "Not taken: {detail}"],

  notice: ["中心通知", "From the centre"],
  understood: ["知道了", "Understood"],
  failed_changed: [
    "派警状态已变化，此操作未执行。请看最新信息。",
    "This was not done: the assignment has changed. Read it again.",
  ],
  failed_no_signal: ["没有信号，请稍后再试。", "No signal: try again later."],
  not_taken: ["未能执行：{detail}", "Not done: {detail}"],
  not_taken_before: [
    "上一次派警的操作未被接受：{detail}",
    "Of the assignment before, this was not taken: {detail}",
  ],
});

export function isCheckpointKind(word: string): word is keyof typeof CHECKPOINT_KIND {
  return word in CHECKPOINT_KIND;
}

/** A length as people say it. */
export function lengthOf(metres: number): string {
  const step = metres < 100 ? 10 : 50;
  const rounded = Math.max(step, Math.round(metres / step) * step);
  if (rounded < 1_000) return say("metres", { value: rounded });
  return say("kilometres", { value: (metres / 1_000).toFixed(metres < 10_000 ? 1 : 0) });
}

/** The time of day, on this phone's clock. */
export function timeOf(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}
