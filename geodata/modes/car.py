"""The table of ``car``: a private car that keeps the rules.

Sources, by the letters in the comments:
[A] CJJ 37-2012, Code for design of urban road engineering: design speeds of expressways 60-100,
    arterials 40-60, secondary roads 30-50, branch roads 20-40 km/h.
[B] JTG B01-2014, Technical standard of highway engineering: motorways 80-120, class I 60-100,
    class II 60-80, class III 30-40, class IV 20-30 km/h.
[C] Road Traffic Safety Law of China, and the Regulation for its implementation: art. 45 limits,
    art. 46 (30 km/h when turning), art. 49 (no turning round on bridges, in tunnels, at crossings),
    art. 78 (motorways 60-120 km/h).
[D] Webster 1958, delay at a fixed-time signal: C (1-g)² / 2(1-gx); with a cycle C of 100 s, a green
    share g of 0.45 and a load x of 0.8 it is 24 s. A crossing of divided roads is mapped with two
    signals on the way through, so one node costs half.
[E] Time lost by slowing from v to u and speeding up again, (v-u)²/2v (1/a + 1/b), at 45 km/h, with
    18 km/h in the turn, a = 2 and b = 1.5 m/s².
[F] OpenStreetMap's documentation of the key, its photographs and its defaults.
A mean speed between junctions is taken as 0.85 of the limit or of the middle design speed.
"""

from __future__ import annotations

from types import MappingProxyType

from geodata.modes.mode import Barriers, Mode, Size, TurnCosts
from geodata.modes.words import meaning

SMALL_KINDS = frozenset(
    {
        *("residential", "living_street", "service", "road", "track", "pedestrian", "busway"),
        *("motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link"),
    }
)
"""Streets and slip roads: a signed limit says little about how fast one can drive there."""

ROAD_KPH = MappingProxyType(
    {
        "motorway": 95.0,  # [B][C] 0.85 of 110, between the valley's 120 and the mountains' 100
        "motorway_link": 45.0,  # [B] ramps are designed for 30-60
        "trunk": 68.0,  # [A] 0.85 of 80
        "trunk_link": 40.0,  # [A] ramps of urban expressways, 30-50
        "primary": 50.0,  # [A] 0.85 of 60
        "primary_link": 32.0,  # half between the road and a turn at 18
        "secondary": 40.0,  # [A] 0.85 of 50, rounded down for parked cars
        "secondary_link": 28.0,
        "tertiary": 34.0,  # [A] 0.85 of 40
        "tertiary_link": 25.0,
        "unclassified": 28.0,  # [B] class IV and village roads: 0.85 of 20-40
        "residential": 24.0,  # [C] limit 30 on a street without a centre line
        "road": 24.0,
        "living_street": 10.0,  # [F] signed 5-20 inside housing estates
        "service": 15.0,  # [F]
        "ferry": 10.0,  # river car ferries make 8-12
        "shuttle_train": 40.0,  # car trains, loading included
    }
)

CAPS_KPH = MappingProxyType(
    {
        # [F] what the photographs of each surface allow without damage
        "surface": MappingProxyType(
            {
                "concrete:plates": 80.0,
                "concrete:lanes": 50.0,
                "paving_stones": 50.0,
                "bricks": 50.0,
                "brick": 50.0,
                "metal": 50.0,
                "metal_grid": 40.0,
                "wood": 35.0,
                "cobblestone:flattened": 40.0,
                "sett": 35.0,
                "cobblestone": 28.0,
                "unhewn_cobblestone": 20.0,
                "compacted": 55.0,
                "fine_gravel": 50.0,
                "gravel": 35.0,
                "pebblestone": 30.0,
                "unpaved": 35.0,
                "ground": 25.0,
                "dirt": 25.0,
                "earth": 25.0,
                "soil": 25.0,
                "clay": 25.0,
                "laterite": 25.0,
                "grass_paver": 25.0,
                "grass": 15.0,
                "woodchips": 15.0,
                "tartan": 20.0,
                "stone": 15.0,
                "rock": 10.0,
                "rocky": 10.0,
                "sand": 12.0,
                "mud": 8.0,
                "snow": 30.0,
                "ice": 20.0,
            }
        ),
        "tracktype": MappingProxyType(
            {"grade1": 50.0, "grade2": 30.0, "grade3": 20.0, "grade4": 12.0, "grade5": 8.0}
        ),
        "smoothness": MappingProxyType(
            {
                "intermediate": 70.0,
                "bad": 35.0,
                "very_bad": 18.0,
                "horrible": 8.0,  # [F] needs a high-clearance vehicle
                "very_horrible": 0.0,  # [F] needs a tractor
                "impassable": 0.0,
            }
        ),
        "service": MappingProxyType(
            {
                "alley": 12.0,
                "driveway": 10.0,
                "parking": 8.0,
                "parking_aisle": 8.0,
                "drive-through": 6.0,
                "drive-thru": 6.0,
            }
        ),
        "bridge": MappingProxyType({"movable": 15.0}),  # the mean of open and shut
    }
)

CAR = Mode(
    name="car",
    road_kph=ROAD_KPH,
    opened_kph=MappingProxyType(
        {
            "track": 18.0,
            "pedestrian": 8.0,
            "busway": 30.0,
            "footway": 6.0,
            "cycleway": 10.0,
            "path": 6.0,
            "bridleway": 6.0,
            "winter_road": 20.0,
            "ice_road": 15.0,
        }
    ),
    access_keys=("motorcar", "motor_vehicle", "vehicle", "access"),
    access_words=meaning(free=("hov", "carpool"), closed=("official",)),
    no_through_services=frozenset({"driveway"}),
    closed_services=frozenset({"emergency_access"}),
    carpool_lanes=False,
    ferry_needs_tag=True,
    size=Size(height_m=1.7, width_m=1.9, length_m=4.8, weight_t=1.9),  # a large family car
    one_way_keys=("motorcar", "motor_vehicle", "vehicle"),
    max_kph=120.0,  # [C] art. 78
    limit_share=0.85,
    small_road_lift=1.4,
    small_kinds=SMALL_KINDS,
    caps_kph=CAPS_KPH,
    narrow_factor=0.7,  # half the oncoming cars make one of the two wait at a passing place
    turns=TurnCosts(
        right_s=2.5,  # [E]
        left_s=5.5,  # [E] and 3 s for a gap in the oncoming traffic
        u_turn_s=18.0,  # three moves of 6 s
        signals_s=12.0,  # [D]
        stop_s=4.0,  # [E] down to 0, and a look
        give_way_s=2.0,
    ),
    barriers=Barriers(
        delay_s=MappingProxyType(
            {
                "toll_booth": 12.0,  # between the ETC lane at 20 km/h and the manned lane
                "lift_gate": 10.0,  # plate reader
                "gate": 20.0,
                "swing_gate": 20.0,
                "sliding_gate": 20.0,
                "bump_gate": 10.0,
                "hampshire_gate": 60.0,
                "rising_bollard": 10.0,
                "checkpoint": 60.0,
                "border_control": 120.0,
                "sally_port": 0.0,
                "entrance": 0.0,
                "arch": 0.0,
                "coupure": 0.0,
                "cattle_grid": 2.0,
                "height_restrictor": 2.0,
                "width_restrictor": 3.0,
                "speed_bump": 2.0,
                "spikes": 2.0,
                "flat_kerb": 0.0,
                "audible_fence": 0.0,
                "toll_gantry": 0.0,
            }
        ),
        blocks=frozenset({"bollard", "block", "kerb", "chain", "yes", "wall", "fence"}),
        otherwise_blocks=True,
        opened_s=10.0,
        business_s=30.0,  # the guard asks whom one visits
    ),
    node_delay_s=MappingProxyType({"level_crossing": 5.0}),
    restriction_kinds=("motorcar", "motor_vehicle", "vehicle"),
    exempt_as=frozenset({"motorcar", "motor_vehicle", "vehicle"}),
    u_turn_kinds=frozenset(  # [C] art. 49 allows more; a driver turns where he can do it in peace
        {"tertiary", "unclassified", "residential", "road", "living_street", "service", "track"}
    ),
)
