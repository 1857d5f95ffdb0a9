"""The table of ``ebike``: a courier's electric bicycle, by law a bicycle.

Sources, by the letters in the comments:
[A] GB 17761, Safety technical specification for electric bicycles: 25 km/h at most, 55 kg (63 kg
    with lead batteries).
[B] Lin, He, Tan, He 2008, Transportation Research Record 2048: e-bikes in Kunming ride 21.9 km/h
    in the mean on their own lanes.
[C] Road Traffic Safety Law of China, art. 57, 67: bicycles use the lane for them where there is
    one, and keep off motorways; Regulation for its implementation, art. 58: 15 km/h in the lane.
[D] Weidmann 1993 for walking; a bicycle of 55 kg is pushed at four fifths of that.
"""

from __future__ import annotations

from types import MappingProxyType

from geodata.modes.foot import FOOT
from geodata.modes.mode import Barriers, Mode, TurnCosts
from geodata.modes.words import meaning

_LANE_KPH = 21.0  # [B]
_PUSHING_KPH = 3.9  # [D]

EBIKE = Mode(
    name="ebike",
    road_kph=MappingProxyType(
        {
            **dict.fromkeys(
                (
                    *("trunk", "trunk_link", "primary", "primary_link", "secondary"),
                    *("secondary_link", "tertiary", "tertiary_link", "unclassified", "cycleway"),
                ),
                _LANE_KPH,
            ),
            "residential": 19.0,
            "road": 18.0,
            "living_street": 15.0,  # [C]
            "service": 15.0,
            "parking": 10.0,
            "track": 14.0,
            "path": 12.0,
            "ferry": 10.0,
        }
    ),
    opened_kph=MappingProxyType(
        {
            "motorway": _LANE_KPH,
            "motorway_link": _LANE_KPH,
            "pedestrian": 10.0,
            "footway": 10.0,
            "bridleway": 10.0,
            "crossing": 8.0,
            "access_ramp": 6.0,
            "busway": 18.0,
            "corridor": 6.0,
            "platform": 6.0,
            "pier": 8.0,
            "elevator": 2.0,
            "steps": 2.0,
            "shuttle_train": 40.0,
            "ice_road": 8.0,
            "winter_road": 8.0,
        }
    ),
    access_keys=("electric_bicycle", "bicycle", "vehicle", "access"),
    access_words=meaning(free=("bicycle",)),
    expressways=False,  # [C]
    areas=True,
    path_keys=("cycleway",),
    one_way_keys=("electric_bicycle", "bicycle", "vehicle"),
    contraflow_keys=("bicycle",),
    max_kph=25.0,  # [A]
    caps_kph=MappingProxyType(
        {
            "surface": MappingProxyType(
                {
                    "paving_stones": 18.0,
                    "bricks": 18.0,
                    "brick": 18.0,
                    "metal": 15.0,
                    "metal_grid": 12.0,
                    "wood": 15.0,
                    "concrete:lanes": 16.0,
                    "cobblestone:flattened": 14.0,
                    "sett": 14.0,
                    "cobblestone": 10.0,
                    "unhewn_cobblestone": 7.0,
                    "compacted": 18.0,
                    "fine_gravel": 15.0,
                    "gravel": 10.0,
                    "pebblestone": 8.0,
                    "unpaved": 12.0,
                    "ground": 12.0,
                    "dirt": 12.0,
                    "earth": 12.0,
                    "soil": 12.0,
                    "clay": 10.0,
                    "laterite": 10.0,
                    "grass_paver": 10.0,
                    "grass": 8.0,
                    "woodchips": 7.0,
                    "stone": 7.0,
                    "rock": 5.0,
                    "rocky": 5.0,
                    "sand": 4.0,
                    "mud": 4.0,
                    "snow": 8.0,
                    "ice": 6.0,
                }
            ),
            "tracktype": MappingProxyType(
                {"grade2": 16.0, "grade3": 12.0, "grade4": 9.0, "grade5": 6.0}
            ),
            "smoothness": MappingProxyType(
                {
                    "intermediate": 18.0,
                    "bad": 13.0,
                    "very_bad": 8.0,
                    "horrible": 5.0,
                    "very_horrible": 3.0,
                    "impassable": 0.0,
                }
            ),
            "service": MappingProxyType({"alley": 14.0, "parking_aisle": 10.0, "driveway": 10.0}),
            "sac_scale": MappingProxyType(
                {
                    "hiking": 6.0,
                    "mountain_hiking": 0.0,
                    "demanding_mountain_hiking": 0.0,
                    "alpine_hiking": 0.0,
                    "demanding_alpine_hiking": 0.0,
                    "difficult_alpine_hiking": 0.0,
                }
            ),
            "mtb:scale": MappingProxyType(
                {"1": 8.0, "2": 4.0, "3": 0.0, "4": 0.0, "5": 0.0, "6": 0.0}
            ),
            "bridge": MappingProxyType({"movable": 10.0}),
        }
    ),
    alternating_factor=0.7,
    pushing_kph=_PUSHING_KPH,
    walks_as=FOOT,
    not_pushed_on=frozenset({"motorway", "motorway_link", "elevator", "ferry", "shuttle_train"}),
    pushes_up_steps=False,  # [A] 55 kg
    turns=TurnCosts(
        right_s=1.0,
        left_s=5.0,  # waits with the walkers, or in two moves
        u_turn_s=10.0,  # as the sharpest left: the same traffic is in the way
        signals_s=10.0,  # as walkers, but turning right on red
        stop_s=1.0,
        give_way_s=1.0,
    ),
    barriers=Barriers(
        delay_s=MappingProxyType(
            {
                "gate": 6.0,
                "swing_gate": 6.0,
                "sliding_gate": 6.0,
                "wicket_gate": 6.0,
                "lift_gate": 3.0,
                "cycle_barrier": 8.0,
                "motorcycle_barrier": 8.0,
                "kerb": 3.0,
                "chain": 5.0,
                "rope": 5.0,
                "door": 8.0,
                "bus_trap": 3.0,
                "cattle_grid": 3.0,
                "speed_bump": 1.0,
                "checkpoint": 20.0,
                "border_control": 120.0,
            }
        ),
        blocks=frozenset(
            {
                *("yes", "wall", "fence", "city_wall", "guard_rail", "retaining_wall", "ditch"),
                *("stile", "horse_stile", "kissing_gate", "turnstile", "full-height_turnstile"),
                *("log", "debris", "hedge", "jersey_barrier"),
            }
        ),
        otherwise_blocks=False,
        opened_s=5.0,
        business_s=20.0,  # couriers sign in
    ),
    node_delay_s=MappingProxyType({"level_crossing": 5.0}),
    restriction_kinds=("electric_bicycle", "bicycle", "vehicle"),
    exempt_as=frozenset({"electric_bicycle", "bicycle", "vehicle"}),
    u_turn_kinds=frozenset(
        {
            *("secondary", "tertiary", "unclassified", "residential", "road", "living_street"),
            *("service", "track", "cycleway", "path", "footway", "pedestrian"),
        }
    ),
)
