"""Every type of happening of an interception, what it means, and what an event of it carries.

An event's ``data`` has, beside the members named here, the interception as it was after the change,
and the ``checkpoint`` that it is about; where one of our own units holds that, its ``assignment``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dispatch.incidents.happenings import HappeningType

MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        "checkpoints": "ids of the checkpoints that it is about",
        "checkpoint_id": "id of the checkpoint",
        "content": "what the message says",
        "expected_by_s": "by when an answer was wanted",
        "from_s": "from when it was held",
        "horizon_end_s": "when the horizon was over",
        "message": "which message, such as `interception.requested`",
        "latest": "whether it is newer than all others, and counts",
        "message_number": "the sender's number of the message, 1 for the first about the case",
        "open_exits": "exits past which the subject can still get out",
        "plan_number": "number of the plan, 1 for the first",
        "sealed": "whether no way out is left",
        "share": "share of the drives that the plan catches, 0..1",
        "sighting_id": "id of the sighting",
        "taken": "units that were taken by something else meanwhile, and do not go",
        "units": "how many units it takes",
        "worst_share": "the same, of the behaviour that it is worst for",
    }
)
"""What the members mean that events of incidents do not have."""

_T = HappeningType

TYPES: Mapping[str, HappeningType] = MappingProxyType(
    {
        "interception.opened": _T("启动拦截", "Somebody is to be stopped on the road.", ("note",)),
        "interception.sighted": _T(
            "发现目标", "The subject was seen.", ("sighting_id", "source", "latest")
        ),
        "interception.planned": _T(
            "生成拦截方案，请研判是否执行",
            "A plan was made; nobody is sent unless a dispatcher commits it.",
            ("plan_number", "share", "worst_share", "units", "sha256"),
        ),
        "interception.no_plan": _T("无法生成拦截方案", "No plan could be made.", ("reason",)),
        "interception.seal_found": _T(
            "封控研判结果",
            "It is known whether the subject can be sealed in.",
            ("plan_number", "sealed", "units", "open_exits", "sha256"),
        ),
        "interception.committed": _T(
            "执行拦截方案", "A plan was committed.", ("plan_number", "checkpoints", "taken")
        ),
        "interception.horizon_over": _T(
            "拦截时限已到，请补充过车记录或撤收",
            "The horizon is over: tell of a newer sighting, or stand down.",
            ("horizon_end_s",),
        ),
        "interception.caught": _T(
            "拦截成功", "The subject was stopped.", ("checkpoint_id", "note")
        ),
        "interception.stood_down": _T("拦截撤收", "Everybody was stood down.", ("reason",)),
        "interception.lost": _T("目标失去踪迹", "The subject is lost.", ("reason",)),
        "interception.handed_over": _T(
            "拦截移交", "Another centre goes on with it.", ("centre", "reason")
        ),
        # between centres
        "interception.told": _T(
            "告知友邻中心",
            "Another centre is told something.",
            ("centre", "message", "message_number", "content"),
        ),
        "interception.heard": _T(
            "友邻中心来讯",
            "Another centre has told something.",
            ("centre", "message", "message_number", "content"),
        ),
        "interception.unanswered": _T(
            "友邻中心未按时答复",
            "Another centre has not answered in time: its silence counts as no.",
            ("centre", "expected_by_s"),
        ),
        "interception.hand_over_offered": _T(
            "友邻中心请求移交，请研判是否接手",
            "Another centre wants this one to lead.",
            ("centre", "expected_by_s", "reason"),
        ),
        "interception.hand_over_refused": _T(
            "友邻中心不接手", "The other centre does not want to lead.", ("centre", "reason")
        ),
        "interception.taken_over": _T("接手拦截", "This centre leads from now on.", ("centre",)),
        # a checkpoint and one of its holders
        "checkpoint.asked": _T(
            "请友邻中心确认设卡", "A neighbour's offer is wanted.", ("plan_number",)
        ),
        "checkpoint.ordered": _T(
            "设卡指令", "Somebody is to hold the checkpoint.", ("plan_number",)
        ),
        "checkpoint.accepted": _T("接令", "They go.", ("promised_at_s",)),
        "checkpoint.unanswered": _T(
            "指令未获应答，请核实",
            "Nobody has answered the order: call them.",
            ("expected_by_s",),
        ),
        "checkpoint.departed": _T("出发", "They set out.", ()),
        "checkpoint.kept": _T(
            "维持原拦截点", "They hold it by the new plan, too.", ("plan_number",)
        ),
        "checkpoint.redirected": _T(
            "改赴其他拦截点", "They are to hold another checkpoint.", ("was", "plan_number")
        ),
        "checkpoint.eta_changed": _T(
            "预计到位时间变化",
            "They are expected at another time.",
            ("was_expected_at_s", "expected_at_s"),
        ),
        "checkpoint.late": _T(
            "将晚到，请研判新方案",
            "They will be there later than promised: look at the new plan.",
            ("promised_at_s", "expected_at_s", "late_s"),
        ),
        "checkpoint.manned": _T("到位", "They are there and ready.", ("by",)),
        "checkpoint.clear": _T(
            "守候未见目标", "It was held in vain.", ("from_s", "until_s", "note")
        ),
        "checkpoint.missed": _T("目标通过", "The subject got past.", ("note",)),
        "checkpoint.caught": _T("截获", "The subject was stopped there.", ("note",)),
        "checkpoint.withdrawn": _T(
            "无法设卡", "They do not go, or cannot go on.", ("reason", "after_accepting")
        ),
        "checkpoint.released": _T("撤卡", "They are not needed any more.", ("reason", "was")),
    }
)
"""Every type, in the order of a case's life."""
