"""The tier policy that holds where a centre has none of its own, as the TOML file it would be."""

DEFAULT_POLICY = """\
# Tier policy: who is sent to whom, how soon, and what happens when nothing happens.
#
# Save this file, change what your centre does differently, and name it in the setting "policy"
# (one file for all centres, or a folder with default.toml and CENTRE.toml). Whatever a file leaves
# out is as it is here. Times are seconds unless the name says otherwise, distances metres.
#
# "published" marks what Chinese fraud centres have reported of their own practice; the rest is
# this project's choice and says why.

# ---------------------------------------------------------------------------- the four tiers
# officers, community      how many of each stand in front of the victim; 0 and 0: no visit
# enforcement_kinds,       who may be sent as the one and as the other; an auxiliary goes where no
#   community_kinds        officer is sooner, and does not stop vehicles
# acknowledge_s            an offer that is not accepted by then goes to the next best
# visit_within_s           face to face by then is in time, in the figures
# reach_s                  nobody who would take longer is sent
# contact_at_once          channels used at once: message, voice (machine), call (96110)
# contact_within_s         not reached by then: the incident is answered one tier higher. Nine
#                          minutes of refused calls were lost to a published case in which two
#                          minutes of driving decided it
# intelligence             a second line works beside the visit: identity, money, lies (published)

[critical]                 # 特危
officers = 2
community = 2
enforcement_kinds = ["officer", "auxiliary"]
community_kinds = [
  "grid_worker", "building_chief", "property_chief", "area_chief", "rider", "safety_volunteer",
  "bank_guard",
]
acknowledge_s = 30
visit_within_s = 600
reach_s = 3600
contact_at_once = ["message", "voice", "call"]
contact_within_s = 540
intelligence = true

[high]                     # 高危
officers = 1
community = 1
enforcement_kinds = ["officer", "auxiliary"]
community_kinds = [
  "grid_worker", "building_chief", "property_chief", "area_chief", "rider", "safety_volunteer",
  "bank_guard",
]
acknowledge_s = 60
visit_within_s = 900
reach_s = 3600
contact_at_once = ["message", "call"]
contact_within_s = 540
intelligence = true

[medium]                   # 中危
officers = 0
community = 1
enforcement_kinds = ["officer", "auxiliary"]
# Nobody who only delivers: half an hour leaves time for somebody whom the victim may know.
community_kinds = [
  "grid_worker", "building_chief", "property_chief", "area_chief", "safety_volunteer",
]
acknowledge_s = 120
visit_within_s = 1800
reach_s = 1800
contact_at_once = ["call"]
contact_within_s = 540
intelligence = false

[low]                      # 低危
officers = 0
community = 0
enforcement_kinds = ["officer", "auxiliary"]
community_kinds = [
  "grid_worker", "building_chief", "property_chief", "area_chief", "safety_volunteer",
]
acknowledge_s = 120
visit_within_s = 3600
reach_s = 3600
contact_at_once = ["message"]
contact_within_s = 540
intelligence = false

[alerts]
bank_alarm_tier = "high"   # of a bank's one-tap alarm: the money is still at the counter

# ------------------------------------------------------------------------ visits and their proof
[visits]
second_visit_officers = 1  # a second visit has police in front, whatever the tier (published)
second_visit_community = 1
visits_limit = 3           # then a person at the centre decides
unresolved_every_s = 600   # and is told again this often until they do, or that people are missing
report_within_s = 3600     # nothing told so long after arriving: asked for, again and again
evidence_within_s = 3600   # body camera within one hour of arriving (published)
community_evidence = true  # also of visits that only neighbours made; false: their word is enough

[follow_ups]
# One that nobody made or that met nobody is tried again after follow_up_again_s, which is not a
# day, so that the tries fall into other hours; everybody may be asked anew then, and after
# follow_up_tries it is missed. So it is when the next one is due. Whoever has accepted one and
# has not gone after follow_up_within_s is freed for other work.
follow_up_weeks = [1, 4, 12]  # a community team comes back for three months (published)
follow_up_kinds = [
  "grid_worker", "area_chief", "building_chief", "property_chief", "safety_volunteer",
]
follow_up_acknowledge_s = 1800
follow_up_reach_s = 7200
follow_up_within_s = 14400
follow_up_again_s = 36000
follow_up_tries = 4

# ------------------------------------------------------------------------------------- sending
[staffing]
far_officer_s = 600        # an officer farther away: a neighbour goes as well (地处偏远, published)
retry_s = 30               # nobody good enough was found: looked for again, also among those who
                           # let an offer pass so long ago
unattended_after_s = 180   # nobody has said yes: the centre is told, and told again, and whoever
                           # let an offer pass is asked again
follow_up_retry_s = 900

[acceptance]
# So many are offered at once that those missing accept with this probability, and how many of ten
# offers each kind accepts in time, until a centre's own figures say better. An officer is ordered;
# riders are paid by the minute for something else.
acceptance_target = 0.9
acceptance_weight = 10     # offers that these figures are worth beside the counted ones

[acceptance.accept_of_ten]
officer = 9.8
auxiliary = 9.5
grid_worker = 8
building_chief = 6
property_chief = 6
area_chief = 7
rider = 3
safety_volunteer = 5
bank_guard = 8

# ------------------------------------------------------------------------------- on the way
[tracking]
geofence_m = 50            # this near by road and by line: arrived. Phone fixes are that exact
late_after_s = 120         # behind what was promised: the centre is told
missing_after_s = 300      # not there this long after they were expected: told, and told again
off_route_m = 250          # more than a town block from the way they should take
suggest_faster_by_s = 120  # somebody faster by this much is suggested, never swapped
"""
