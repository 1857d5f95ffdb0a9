"""The table of ``police``: a car with lights and siren.

Sources, by the letters in the comments; [A]-[F] are those of the car:
[G] Road Traffic Safety Law of China, art. 53: a police car on an urgent mission is not bound by
    route, direction, speed and signals, as long as it is safe; other traffic gives way.
[H] Auckland's ambulance service, as published with JEMSS.jl: on streets 47 km/h with lights and
    sirens against 33 without, on motorways 91 against 64, which is 1.42 times as fast either way,
    junctions included. The factors below together with the lower costs of turns and signals give
    that ratio for streets with a signal every 500 m; on a free road most of the gain is in the
    speed alone.
The factors are settings, to be calibrated with a centre's own drives (:meth:`Mode.with_factors`).
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from geodata.modes.car import CAPS_KPH, CAR, ROAD_KPH, SMALL_KINDS
from geodata.modes.mode import Barriers, Size, TurnCosts
from geodata.modes.words import meaning

_SMALL_STREETS = frozenset({"unclassified", "residential", "road", "living_street", "service"})

POLICE = replace(
    CAR,
    name="police",
    road_kph=MappingProxyType(
        {
            **ROAD_KPH,
            "busway": 40.0,  # bus lanes are open to police on a mission [G]
            "track": 15.0,  # the last kilometre to a farm
            "pedestrian": 10.0,  # [G] among people on foot
        }
    ),
    opened_kph=MappingProxyType(
        {
            "footway": 8.0,
            "cycleway": 12.0,
            "path": 8.0,
            "bridleway": 8.0,
            "escape": 20.0,
            "winter_road": 20.0,
            "ice_road": 15.0,
        }
    ),
    access_words=meaning(
        # signs about who may pass do not bind on a mission [G]; a private gate is still a gate
        free=(
            "destination",
            "delivery",
            "customers",
            "permit",
            "residents",
            "resident",
            "visitors",
            "unknown",
            "emergency",
            "emergency_vehicle",
            "authorized",
            "authorised",
            "restricted",
            "maintenance",
            "psv",
            "bus",
            "minibus",
            "taxi",
            "share_taxi",
            "tourist_bus",
            "hov",
            "carpool",
            "hgv",
            "goods",
        ),
        business=("agricultural", "forestry"),
    ),
    opened_by=("psv", "bus", "taxi"),
    overridden_by="emergency",
    traffic_ban_keys=("motorcar", "motor_vehicle", "vehicle"),
    no_through_kinds=frozenset({"track", "pedestrian"}),
    closed_services=frozenset(),
    carpool_lanes=True,
    construction_sites=False,
    ferry_needs_tag=True,
    size=Size(height_m=2.0, width_m=1.95, length_m=5.0, weight_t=2.4),  # a van with a light bar
    bus_lane_factor=1.15,  # a free lane past the queue; to be calibrated
    contraflow_keys=("emergency", "psv", "bus"),
    against_one_way_kph=6.0,  # walking pace: everyone can stop in time [G]
    against_one_way_kinds=_SMALL_STREETS,
    max_kph=140.0,
    small_kinds=SMALL_KINDS,
    caps_kph=MappingProxyType(
        {
            **CAPS_KPH,
            "smoothness": MappingProxyType({**CAPS_KPH["smoothness"], "horrible": 10.0}),
        }
    ),
    narrow_factor=0.8,  # oncoming cars give way
    factors=MappingProxyType(  # [H]
        {
            "motorway": 1.3,
            "motorway_link": 1.15,
            "trunk": 1.3,
            "trunk_link": 1.15,
            "primary": 1.25,
            "primary_link": 1.15,
            "secondary": 1.25,
            "secondary_link": 1.15,
            "tertiary": 1.2,
            "tertiary_link": 1.1,
            "unclassified": 1.2,
            "residential": 1.2,
            "road": 1.1,
            "living_street": 1.3,
            "service": 1.2,
            "busway": 1.0,
        }
    ),
    turns=TurnCosts(
        right_s=1.8,  # [E] with harder braking
        left_s=2.8,  # others stop [G]
        u_turn_s=10.0,
        signals_s=3.0,  # [E] down to 25 km/h, look, on
        stop_s=1.5,
        give_way_s=1.0,
    ),
    barriers=Barriers(
        delay_s=MappingProxyType(
            {
                **CAR.barriers.delay_s,
                "toll_booth": 6.0,  # the free lane
                "lift_gate": 6.0,  # the guard sees the lights
                "gate": 12.0,
                "swing_gate": 12.0,
                "sliding_gate": 12.0,
                "rising_bollard": 8.0,
                "flexible_bollard": 3.0,
                "checkpoint": 3.0,
                "border_control": 30.0,
            }
        ),
        blocks=CAR.barriers.blocks,
        otherwise_blocks=True,
        opened_s=10.0,  # the key, or the guard
        business_s=12.0,
    ),
    exempt_as=frozenset(  # where buses may turn, the turn can be driven
        {"motorcar", "motor_vehicle", "vehicle", "emergency", "police", "psv", "bus", "taxi"}
    ),
    restriction_kinds=("emergency", "motorcar", "motor_vehicle", "vehicle"),
    u_turn_kinds=CAR.u_turn_kinds | {"primary", "secondary"},
)
