"""Instructions in full, as a driver hears them."""

import pytest

from geodata.errors import RequestError
from geodata.network import Manner
from geodata.routes.instructions import instruction, instructions
from geodata.routes.instructions.measures import compass_point, spoken_distance
from geodata.routes.steps import Step
from tests.geodata.drives import drive
from tests.towns import town

COUNTRY = town(
    {
        "A": (0, 0), "B": (300, 0), "F": (600, 0), "C": (300, -200), "S": (300, -400),
        "w": (820, -200), "s": (860, -240), "e": (900, -200), "n": (860, -160), "E": (1000, -200),
        "N": (860, 100), "M": (860, 900), "O": (860, 1400), "P": (860, 3000), "X": (860, 4200),
        "Q": (900, 3200), "R": (900, 3600), "Y": (1300, 3600), "Z": (1300, 3300),
    },
    [
        "A-B-F primary name=建设路",
        "B-C-S secondary name=人民路",
        "C-w secondary",
        ("s-e-n-w-s", {"highway": "secondary", "junction": "roundabout"}),
        "e-E secondary",
        "n-N secondary name=机场路 ref=S102",
        "N-M trunk name=机场路 ref=S102",
        "M-O-P-X motorway name=沪渝高速 ref=G50 oneway=yes",
        "P-Q-R motorway_link oneway=yes destination=开州;云阳",
        "R-Y residential name=后街",
        "Y-Z residential name=死巷",
    ],
    points={"O": "barrier=toll_booth"},
)  # fmt: skip
"""Two streets, a ring, an expressway with a toll gate and an exit, a village."""

WHOLE_DRIVE = "A-B-C-w-s-e-n-N-M-O-P-R-Y-Z"


def test_a_whole_drive_in_chinese():
    """From a street through a ring and over the expressway into a village."""
    assert instructions(drive(COUNTRY, WHOLE_DRIVE), "zh") == [
        "沿建设路向东行驶 300 米",
        "右转进入人民路，行驶 200 米",
        "左转，行驶 500 米",
        "进入环岛，在第2个出口驶出，进入机场路（S102）",
        "驶出环岛，进入机场路（S102），行驶 1.1 公里",
        "继续直行进入沪渝高速（G50），行驶 500 米",
        "通过收费站，继续行驶 1.6 公里",
        "靠右驶出主路，往开州、云阳方向，行驶 600 米",
        "顺路向右进入后街，行驶 400 米",
        "顺路向右进入死巷，行驶 300 米",
        "到达目的地",
    ]


def test_the_same_drive_in_english():
    """Sentence for sentence."""
    assert instructions(drive(COUNTRY, WHOLE_DRIVE), "en") == [
        "Head east on 建设路 for 300 m",
        "Turn right onto 人民路 and drive 200 m",
        "Turn left and drive 500 m",
        "Enter the roundabout and take the 2nd exit onto 机场路 (S102)",
        "Leave the roundabout onto 机场路 (S102) and drive 1.1 km",
        "Continue straight onto 沪渝高速 (G50) and drive 500 m",
        "Pass the toll gate and drive 1.6 km",
        "Take the exit on the right towards 开州, 云阳 and drive 600 m",
        "Follow the road right onto 后街 and drive 400 m",
        "Follow the road right onto 死巷 and drive 300 m",
        "You have arrived at your destination",
    ]


def step(**changes) -> Step:
    """A right turn onto 人民路 for 320 m, changed as told."""
    fields = {
        "type": "turn", "modifier": "right", "name": "人民路", "ref": "", "mode": "driving",
        "manner": Manner.NORMAL, "manner_before": Manner.NORMAL, "bearing_before_deg": 0,
        "bearing_after_deg": 90, "lon": 0.0, "lat": 0.0, "distance_m": 320.0, "duration_ms": 1,
        "first_point": 0, "last_point": 1, "first_arc": 0,
    }  # fmt: skip
    return Step(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "chinese", "english"),
    [
        (
            {},
            "右转进入人民路，行驶 300 米",
            "Turn right onto 人民路 and drive 300 m",
        ),
        (
            {"name": "", "modifier": "slight left"},
            "向左前方行驶 300 米",
            "Bear left and drive 300 m",
        ),
        (
            {"modifier": "sharp left", "mode": "cycling"},
            "向左后方转弯进入人民路，骑行 300 米",
            "Turn sharp left onto 人民路 and ride 300 m",
        ),
        (
            {"type": "continue", "modifier": "uturn"},
            "掉头，沿人民路行驶 300 米",
            "Make a U-turn on 人民路 and drive 300 m",
        ),
        (
            {"type": "continue", "modifier": "left"},
            "左转，继续沿人民路行驶 300 米",
            "Turn left to stay on 人民路 and drive 300 m",
        ),
        (
            {"type": "new name", "modifier": "straight", "ref": "G50; G42"},
            "继续直行进入人民路（G50/G42），行驶 300 米",
            "Continue straight onto 人民路 (G50/G42) and drive 300 m",
        ),
        (
            {"type": "fork", "modifier": "slight right"},
            "在岔路口靠右行驶，进入人民路，行驶 300 米",
            "Keep right at the fork onto 人民路 and drive 300 m",
        ),
        (
            {"type": "fork", "modifier": "slight left", "name": ""},
            "在岔路口靠左行驶 300 米",
            "Keep left at the fork and drive 300 m",
        ),
        (
            {"type": "fork", "modifier": "straight", "mode": "walking", "name": ""},
            "在岔路口走中间道路，步行 300 米",
            "Keep to the middle at the fork and walk 300 m",
        ),
        (
            {"type": "end of road", "modifier": "left"},
            "在道路尽头左转进入人民路，行驶 300 米",
            "At the end of the road turn left onto 人民路 and drive 300 m",
        ),
        (
            {"type": "merge", "modifier": "slight left", "name": "沪渝高速", "ref": "G50"},
            "向左汇入沪渝高速（G50），行驶 300 米",
            "Merge left onto 沪渝高速 (G50) and drive 300 m",
        ),
        (
            {"type": "on ramp", "modifier": "slight right", "name": "", "destinations": "重庆"},
            "靠右驶入匝道，往重庆方向，行驶 300 米",
            "Take the ramp on the right towards 重庆 and drive 300 m",
        ),
        (
            {"type": "on ramp", "modifier": "left", "name": "", "ref": "G50", "is_ramp": True},
            "左转驶入匝道，行驶 300 米",
            "Turn left onto the ramp and drive 300 m",
        ),
        (
            {"type": "off ramp", "modifier": "slight right", "name": "", "ref": "G50",
             "is_ramp": True, "exits": "16", "place_name": "万州北", "destinations": "万州, 开州"},
            "靠右从万州北出口（16）驶出，往万州、开州方向，行驶 300 米",
            "Take exit 16 万州北 on the right towards 万州, 开州 and drive 300 m",
        ),
        (
            {"type": "off ramp", "modifier": "slight left", "name": "", "exits": "16A"},
            "靠左从出口 16A 驶出，行驶 300 米",
            "Take exit 16A on the left and drive 300 m",
        ),
        (
            {"type": "rotary", "exit": 3, "rotary_name": "南门转盘"},
            "进入南门转盘，在第3个出口驶出，进入人民路",
            "Enter 南门转盘 and take the 3rd exit onto 人民路",
        ),
        (
            {"type": "roundabout", "exit": None, "name": ""},
            "进入环岛",
            "Enter the roundabout",
        ),
        (
            {"type": "roundabout", "exit": 11, "name": ""},
            "进入环岛，在第11个出口驶出",
            "Enter the roundabout and take the 11th exit",
        ),
        (
            {"type": "roundabout turn", "modifier": "left", "exit": 3},
            "在环岛左转进入人民路，行驶 300 米",
            "At the roundabout turn left onto 人民路 and drive 300 m",
        ),
        (
            {"type": "notification", "modifier": "straight", "passes_toll_gate": True,
             "place_name": "万州北"},
            "通过万州北收费站，继续行驶 300 米",
            "Pass the 万州北 toll gate and drive 300 m",
        ),
        (
            {"passes_toll_gate": True, "place_name": "万州收费站"},
            "右转进入人民路，行驶 300 米，经过万州收费站",
            "Turn right onto 人民路 and drive 300 m, passing 万州收费站",
        ),
        (
            {"type": "notification", "mode": "pushing bike", "manner": Manner.PUSHING},
            "沿人民路下车推行 300 米",
            "Push the bike on 人民路 for 300 m",
        ),
        (
            {"type": "notification", "mode": "cycling", "manner_before": Manner.PUSHING},
            "上车，沿人民路骑行 300 米",
            "Get back on and ride on 人民路 for 300 m",
        ),
        (
            {"mode": "pushing bike", "manner": Manner.PUSHING, "manner_before": Manner.PUSHING},
            "右转进入人民路，推行 300 米",
            "Turn right onto 人民路 and push the bike for 300 m",
        ),
        (
            {"manner": Manner.AGAINST_ONE_WAY},
            "右转进入人民路，逆向行驶 300 米，注意对向来车",
            "Turn right onto 人民路 and drive against the one-way street for 300 m, with care",
        ),
        (
            {"type": "notification", "manner": Manner.AGAINST_ONE_WAY},
            "沿人民路逆向行驶 300 米，注意对向来车",
            "Drive on 人民路 against the one-way street for 300 m, with care",
        ),
        (
            {"type": "notification", "manner_before": Manner.AGAINST_ONE_WAY},
            "恢复顺向行驶，沿人民路行驶 300 米",
            "You are with the traffic again: drive on 人民路 for 300 m",
        ),
        (
            {"type": "notification", "mode": "ferry", "manner": Manner.FERRY, "name": "西沱轮渡"},
            "乘轮渡（西沱轮渡） 300 米",
            "Take the ferry on 西沱轮渡 for 300 m",
        ),
        (
            {"type": "notification", "manner_before": Manner.FERRY, "name": ""},
            "下轮渡，继续行驶 300 米",
            "Leave the ferry and drive 300 m",
        ),
        (
            {"type": "depart", "modifier": "left", "mode": "walking", "bearing_after_deg": 315},
            "沿人民路向西北步行 300 米",
            "Walk northwest on 人民路 for 300 m",
        ),
        (
            {"type": "depart", "mode": "pushing bike", "manner": Manner.PUSHING,
             "manner_before": Manner.PUSHING, "name": ""},
            "向东推行 300 米",
            "Push the bike east for 300 m",
        ),
        (
            {"type": "arrive", "modifier": "right", "is_final": True},
            "到达目的地，目的地在道路右侧",
            "You have arrived at your destination, on the right",
        ),
        (
            {"type": "arrive", "modifier": "left", "waypoint": 2},
            "到达第2个途经点，在道路左侧",
            "You have arrived at stop 2, on the left",
        ),
        (
            {"distance_m": 0.0},
            "右转进入人民路",
            "Turn right onto 人民路",
        ),
    ],
)  # fmt: skip
def test_sentences(changes, chinese, english):
    """Every kind of manoeuvre and every way of moving, in both languages."""
    assert instruction(step(**changes), "zh") == chinese
    assert instruction(step(**changes), "en") == english


@pytest.mark.parametrize(
    ("distance_m", "said"),
    [
        (0.4, ("10", False)),
        (14.9, ("10", False)),
        (94.9, ("90", False)),
        (95, ("100", False)),
        (124, ("100", False)),
        (126, ("150", False)),
        (974, ("950", False)),
        (976, ("1", True)),
        (1049, ("1", True)),
        (1051, ("1.1", True)),
        (9_940, ("9.9", True)),
        (9_960, ("10", True)),
        (123_400, ("123", True)),
    ],
)
def test_distances_are_rounded_as_people_do(distance_m, said):
    """Fine near by, coarse far off, never zero."""
    assert spoken_distance(distance_m) == said


def test_compass_points_are_centred_on_their_direction():
    """North is 337.5 to 22.5 degrees."""
    assert [compass_point(bearing) for bearing in (0, 22, 23, 90, 180, 270, 337, 338, 359)] == [
        0, 0, 1, 2, 4, 6, 7, 0, 0,
    ]  # fmt: skip


def test_a_language_tag_with_a_country_is_understood():
    """zh-CN and EN-gb are Chinese and English."""
    assert instruction(step(), "zh-CN") == instruction(step(), "zh")
    assert instruction(step(), "EN-gb") == instruction(step(), "en")


def test_a_language_that_is_not_there_is_refused_with_those_that_are():
    """The remedy stands in the message."""
    with pytest.raises(RequestError, match="Instructions come in en, zh, not in 'fr'"):
        instruction(step(), "fr")
