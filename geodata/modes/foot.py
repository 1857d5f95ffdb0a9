"""The table of ``foot``: somebody who walks with a purpose.

Sources, by the letters in the comments:
[A] Weidmann 1993, Transporttechnik der Fußgänger: 1.34 m/s on the level; on stairs, measured along
    the ground, 0.61 m/s up and 0.69 m/s down.
[B] Swiss Alpine Club's hiking scale and OpenStreetMap's documentation of ``sac_scale``.
[C] Road Traffic Safety Law of China, art. 61 and 67: walkers use pavements, and keep off motorways.
"""

from __future__ import annotations

from types import MappingProxyType

from geodata.modes.mode import Barriers, Mode, TurnCosts
from geodata.modes.words import meaning

WALKING_KPH = 4.8  # [A]
STAIRS_KPH = 2.3  # [A] the mean of up and down

FOOT = Mode(
    name="foot",
    road_kph=MappingProxyType(
        {
            **dict.fromkeys(
                (
                    *("trunk", "trunk_link", "primary", "primary_link", "secondary"),
                    *("secondary_link", "tertiary", "tertiary_link", "unclassified", "residential"),
                    *("road", "living_street", "service", "pedestrian", "footway", "path", "track"),
                    *("bridleway", "corridor", "platform", "pier", "parking", "crossing"),
                    "access_ramp",
                ),
                WALKING_KPH,
            ),
            "steps": STAIRS_KPH,
            "elevator": 2.0,
            "ferry": 10.0,
        }
    ),
    opened_kph=MappingProxyType(
        {
            **dict.fromkeys(
                ("motorway", "motorway_link", "cycleway", "busway", "escape"), WALKING_KPH
            ),
            "shuttle_train": 40.0,
            "ice_road": 4.0,
            "winter_road": 4.0,
        }
    ),
    access_keys=("foot", "access"),
    access_words=meaning(free=("foot",)),
    expressways=False,  # [C]
    areas=True,
    construction_sites=True,
    path_keys=("sidewalk",),
    one_way_keys=("foot",),
    one_way_holds=False,
    max_kph=WALKING_KPH * 1.5,
    caps_kph=MappingProxyType(
        {
            "surface": MappingProxyType(
                {
                    "gravel": 4.2,
                    "pebblestone": 4.0,
                    "rock": 3.0,
                    "rocky": 3.0,
                    "stone": 3.5,
                    "sand": 3.0,
                    "mud": 2.5,
                    "snow": 3.0,
                    "ice": 2.5,
                }
            ),
            "smoothness": MappingProxyType(
                {"horrible": 4.2, "very_horrible": 3.5, "impassable": 3.0}  # wheels, not feet
            ),
            "sac_scale": MappingProxyType(  # [B]
                {
                    "hiking": 4.2,
                    "mountain_hiking": 3.2,
                    "demanding_mountain_hiking": 2.4,
                    "alpine_hiking": 1.5,
                    "demanding_alpine_hiking": 0.0,
                    "difficult_alpine_hiking": 0.0,
                }
            ),
        }
    ),
    turns=TurnCosts(
        right_s=0.0,
        left_s=0.0,
        u_turn_s=1.0,
        signals_s=12.0,  # half of a red of 60 s, for two fifths of all who come
        stop_s=0.0,
        give_way_s=0.0,
    ),
    barriers=Barriers(
        delay_s=MappingProxyType(
            {
                "gate": 3.0,
                "kissing_gate": 4.0,
                "wicket_gate": 3.0,
                "stile": 8.0,
                "turnstile": 4.0,
                "full-height_turnstile": 5.0,
                "door": 4.0,
                "log": 4.0,
                "debris": 10.0,
                "checkpoint": 20.0,
                "border_control": 120.0,
            }
        ),
        blocks=frozenset({"yes", "wall", "fence", "city_wall", "guard_rail"}),
        otherwise_blocks=False,
        opened_s=3.0,
        business_s=10.0,  # the guard asks whom one visits
    ),
    node_delay_s=MappingProxyType({"elevator": 40.0, "level_crossing": 3.0, "crossing": 0.0}),
    restriction_kinds=("foot",),
    plain_restrictions_hold=False,
    exempt_as=frozenset({"foot"}),
)
