"""The facts behind the sketch: where the towns, the rivers and the crossings roughly are.

Town coordinates are rounded from GeoNames (geonames.org, CC BY 4.0). River courses, bridges and
the expressway are drawn by hand from general knowledge, to a few hundred metres. Street names are
ordinary ones; the streets themselves are invented by :mod:`geodata.sketch.streets`.
"""

from __future__ import annotations

from dataclasses import dataclass

TITLE = "SKETCH of the Wanzhou–Kaizhou corridor (not a survey: roads are invented)"
ATTRIBUTION = "Forestall sketch; town positions from GeoNames, CC BY 4.0"


@dataclass(frozen=True, slots=True)
class Town:
    """A town of the corridor."""

    name: str
    name_en: str
    lon: float
    lat: float
    radius_m: float
    """How far its streets reach."""


# Radii follow the population in GeoNames: cities with tens of thousands reach over a kilometre.
TOWNS: tuple[Town, ...] = (
    Town("高笋塘", "Gaosuntang", 108.3760, 30.8160, 2600),
    Town("周家坝", "Zhoujiaba", 108.3664, 30.8435, 1500),
    Town("牌楼", "Pailou", 108.3790, 30.7940, 1700),
    Town("双河口", "Shuanghekou", 108.3696, 30.7540, 900),
    Town("天城", "Tiancheng", 108.3697, 30.8676, 900),
    Town("陈家坝", "Chenjiaba", 108.4150, 30.8060, 1100),
    Town("百安坝", "Bai'anba", 108.4372, 30.7628, 1600),
    Town("五桥", "Wuqiao", 108.4551, 30.7797, 1100),
    Town("高粱", "Gaoliang", 108.3022, 30.8239, 700),
    Town("李河", "Lihe", 108.2622, 30.8161, 450),
    Town("分水", "Fenshui", 108.0833, 30.7197, 700),
    Town("熊家", "Xiongjia", 108.4337, 30.9016, 550),
    Town("大周", "Dazhou town", 108.4920, 30.8850, 350),
    Town("太龙", "Tailong", 108.5242, 30.9020, 350),
    Town("小周", "Xiaozhou", 108.5126, 30.9150, 300),
    Town("长岭", "Changling", 108.4844, 30.7684, 600),
    Town("白羊", "Baiyang", 108.6110, 30.8164, 600),
    Town("太安", "Tai'an", 108.6592, 30.7955, 400),
    Town("长滩", "Changtan", 108.5998, 30.7392, 400),
    Town("新田", "Xintian", 108.4060, 30.6980, 600),
    Town("高峰", "Gaofeng", 108.3400, 30.7190, 450),
    Town("柱山", "Zhushan", 108.2742, 30.7329, 400),
    Town("甘宁", "Ganning", 108.2805, 30.6691, 550),
    Town("瀼渡", "Rangdu", 108.2980, 30.6050, 350),
    Town("溪口", "Xikou", 108.3480, 30.6080, 300),
    Town("茨竹", "Cizhu", 108.5051, 30.6603, 300),
    Town("龙驹", "Longju", 108.6352, 30.6109, 550),
    Town("铁峰", "Tiefeng", 108.3953, 30.9677, 300),
    Town("长沙镇", "Changsha town", 108.3046, 31.0000, 700),
    Town("南门", "Nanmen", 108.2433, 30.9619, 600),
    Town("岳溪", "Yuexi", 108.1593, 30.9113, 650),
    Town("铁桥", "Tieqiao", 108.1336, 31.0400, 600),
    Town("赵家", "Zhaojia", 108.4116, 31.0813, 650),
    Town("南雅", "Nanya", 108.0866, 31.0843, 500),
    Town("临江", "Linjiang", 108.2196, 31.0996, 850),
    Town("竹溪", "Zhuxi", 108.2907, 31.1244, 450),
    Town("镇安", "Zhen'an", 108.3168, 31.1523, 400),
    Town("中和", "Zhonghe", 108.1316, 31.1766, 600),
    Town("汉丰", "Hanfeng", 108.4031, 31.1620, 2200),
    Town("镇东", "Zhendong", 108.3954, 31.1890, 700),
    Town("丰乐", "Fengle", 108.4246, 31.1897, 700),
    Town("厚坝", "Houba", 108.5063, 31.2051, 450),
    Town("渠口", "Qukou", 108.4850, 31.1420, 400),
    Town("金峰", "Jinfeng", 108.5615, 31.1936, 350),
    Town("大德", "Dade", 108.3403, 31.2129, 450),
    Town("九龙山", "Jiulongshan", 108.2509, 31.1945, 450),
    Town("白鹤", "Baihe", 108.4637, 31.2635, 600),
    Town("郭家", "Guojia", 108.4810, 31.2953, 450),
    Town("温泉", "Wenquan", 108.5222, 31.3591, 600),
    Town("敦好", "Dunhao", 108.3582, 31.3330, 550),
)

KAIZHOU_TOWNS = frozenset(
    (
        "长沙镇", "南门", "岳溪", "铁桥", "赵家", "南雅", "临江", "竹溪",
        "镇安", "中和", "汉丰", "镇东", "丰乐", "厚坝", "渠口", "金峰",
        "大德", "九龙山", "白鹤", "郭家", "温泉", "敦好",
    )
)  # fmt: skip
"""The towns that are Kaizhou's; the others are Wanzhou's."""


@dataclass(frozen=True, slots=True)
class River:
    """Open water that only a bridge crosses."""

    name: str
    half_width_m: float
    course: tuple[tuple[float, float], ...]
    """Longitude and latitude, downstream."""


RIVERS: tuple[River, ...] = (
    River(
        "长江",
        330.0,
        (
            (108.265, 30.520),
            (108.318, 30.590),
            (108.330, 30.640),
            (108.372, 30.690),
            (108.393, 30.728),
            (108.402, 30.760),
            (108.398, 30.790),
            (108.4015, 30.812),
            (108.418, 30.832),
            (108.452, 30.856),
            (108.500, 30.870),
            (108.545, 30.890),
            (108.600, 30.902),
            (108.680, 30.915),
        ),
    ),
    River(
        "汉丰湖",
        230.0,
        (
            (108.338, 31.170),
            (108.370, 31.178),
            (108.405, 31.1815),
            (108.437, 31.178),
            (108.462, 31.162),
            (108.470, 31.140),
            (108.500, 31.110),
            (108.555, 31.080),
            (108.640, 31.030),
            (108.720, 30.975),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Bridge:
    """A road bridge, by the two places on the banks that it joins."""

    name: str
    ends: tuple[tuple[float, float], tuple[float, float]]
    road_class: str


BRIDGES: tuple[Bridge, ...] = (
    Bridge("万州长江大桥", ((108.3935, 30.7540), (108.4135, 30.7500)), "primary"),
    Bridge("牌楼长江大桥", ((108.3905, 30.7925), (108.4065, 30.7935)), "primary"),
    Bridge("万州长江二桥", ((108.4020, 30.8265), (108.4185, 30.8215)), "primary"),
    Bridge("新田长江大桥", ((108.3715, 30.7010), (108.3870, 30.6960)), "secondary"),
    Bridge("石龙船大桥", ((108.3905, 31.1755), (108.3895, 31.1850)), "primary"),
    Bridge("开州湖大桥", ((108.4190, 31.1760), (108.4200, 31.1860)), "secondary"),
    Bridge("渠口大桥", ((108.4610, 31.1440), (108.4760, 31.1480)), "tertiary"),
)


@dataclass(frozen=True, slots=True)
class Interchange:
    """A motorway junction with a toll gate on its way to a town."""

    name: str
    exit_ref: str
    town: str
    """Name of the town that its ramp leads to."""


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A point of an expressway's course and what the road is from there to the next one."""

    lon: float
    lat: float
    kind: str = "road"
    """``road``, ``bridge`` or ``tunnel``."""
    name: str = ""
    """Name of that bridge or tunnel."""
    interchange: Interchange | None = None
    service_area: str = ""


@dataclass(frozen=True, slots=True)
class Expressway:
    """A motorway with two carriageways."""

    name: str
    ref: str
    course: tuple[Waypoint, ...]


EXPRESSWAYS: tuple[Expressway, ...] = (
    Expressway(
        "万开高速",
        "G69",
        (
            Waypoint(108.3430, 30.8500),
            Waypoint(108.3480, 30.8640, interchange=Interchange("万州天城立交", "1512", "天城")),
            Waypoint(108.3640, 30.8880, "bridge", "天城特大桥"),
            Waypoint(108.3740, 30.9020),
            Waypoint(108.3790, 30.9120, "tunnel", "铁峰山隧道"),
            Waypoint(108.3900, 30.9600),
            Waypoint(108.3980, 30.9950, service_area="铁峰山服务区"),
            Waypoint(108.4020, 31.0250, "tunnel", "南山隧道"),
            Waypoint(108.4000, 31.0480),
            Waypoint(108.3980, 31.0790, interchange=Interchange("赵家立交", "1486", "赵家")),
            Waypoint(108.3900, 31.1050, "bridge", "浦里河大桥"),
            Waypoint(108.3860, 31.1150),
            Waypoint(108.3790, 31.1480, interchange=Interchange("开州南立交", "1478", "汉丰")),
            Waypoint(108.3550, 31.1640, "bridge", "汉丰湖特大桥"),
            Waypoint(108.3500, 31.1860),
            Waypoint(108.3640, 31.2040, interchange=Interchange("开州北立交", "1470", "镇东")),
            Waypoint(108.4100, 31.2350),
            Waypoint(108.4560, 31.2760, interchange=Interchange("郭家立交", "1459", "郭家")),
            Waypoint(108.5000, 31.3250, "tunnel", "温泉隧道"),
            Waypoint(108.5120, 31.3420),
            Waypoint(108.5180, 31.3660, interchange=Interchange("温泉立交", "1450", "温泉")),
        ),
    ),
    Expressway(
        "沪蓉高速",
        "G42",
        (
            Waypoint(108.0600, 30.7050),
            Waypoint(108.0900, 30.7340, interchange=Interchange("分水立交", "1436", "分水")),
            Waypoint(108.1700, 30.7800, "tunnel", "凤凰山隧道"),
            Waypoint(108.2100, 30.8000),
            Waypoint(108.2570, 30.8280, interchange=Interchange("李河立交", "1420", "李河")),
            Waypoint(108.3000, 30.8370, interchange=Interchange("高粱立交", "1416", "高粱")),
            Waypoint(108.3330, 30.8460, interchange=Interchange("万州立交", "1412", "周家坝")),
            Waypoint(108.3430, 30.8500),
            Waypoint(108.4000, 30.8760),
            Waypoint(108.4400, 30.8880, interchange=Interchange("熊家立交", "1402", "熊家")),
            Waypoint(108.4750, 30.8970, service_area="大周服务区"),
            Waypoint(108.5050, 30.9060, interchange=Interchange("小周立交", "1395", "小周")),
            Waypoint(108.5600, 30.9300, "tunnel", "云阳坡隧道"),
            Waypoint(108.6000, 30.9450),
            Waypoint(108.6700, 30.9600),
        ),
    ),
    Expressway(
        "万利高速",
        "G5012",
        (
            Waypoint(108.4400, 30.8880),
            Waypoint(108.4560, 30.8640, "bridge", "驸马长江大桥"),
            Waypoint(108.4640, 30.8460),
            Waypoint(108.4900, 30.8100),
            Waypoint(108.4960, 30.7780, interchange=Interchange("长岭立交", "8", "长岭")),
            Waypoint(108.4780, 30.7450, interchange=Interchange("五桥立交", "12", "百安坝")),
            Waypoint(108.4950, 30.7000, "tunnel", "茨竹垭隧道"),
            Waypoint(108.5150, 30.6720),
            Waypoint(108.6100, 30.6150, interchange=Interchange("龙驹立交", "31", "龙驹")),
            Waypoint(108.6700, 30.5700),
        ),
    ),
)

# Expressways that meet at a shared waypoint change over there without leaving the motorway.

MAJOR_STREETS: dict[str, tuple[str, ...]] = {
    "高笋塘": (
        "白岩路",
        "太白路",
        "王牌路",
        "沙龙路",
        "北滨大道",
        "国本路",
        "高笋塘路",
        "乌龙池路",
    ),
    "周家坝": ("周家坝路", "心连心路", "天龙路", "玉罗路"),
    "牌楼": ("牌楼路", "石峰路", "上海大道", "小天鹅路"),
    "百安坝": ("百安大道", "上海中路", "天台路", "安顺路"),
    "五桥": ("五桥大道", "香炉山路", "长岭路"),
    "陈家坝": ("江南大道", "南滨大道", "陈家坝路"),
    "汉丰": ("开州大道", "人民路", "中原路", "滨湖路", "永兴街", "平桥路", "帅乡路", "富厚街"),
    "镇东": ("镇东大道", "北环路", "湖山路"),
}

STREET_WORDS: tuple[str, ...] = (
    "建设", "解放", "和平", "新华", "文化", "胜利", "光明", "青年", "红旗", "团结", "民主", "中山",
    "幸福", "前进", "东风", "友谊", "长征", "朝阳", "富民", "振兴", "迎宾", "望江", "临溪", "翠屏",
    "龙溪", "凤凰", "桂花", "玉兰", "银杏", "黄葛", "清泉", "石桥", "水井", "盐店", "书院", "学府",
    "体育", "车站", "商业", "工农", "丰收", "安居", "康乐", "锦绣", "兴隆", "永安", "太平", "仁和",
)  # fmt: skip

VILLAGE_WORDS: tuple[str, ...] = (
    "大田", "龙门", "双井", "石板", "青龙", "黄泥", "白果", "柏树", "桃园", "竹林", "梨树", "高岩",
    "大坪", "水口", "天池", "新房", "老屋", "响水", "凉水", "马路", "关口", "观音", "鹿鸣", "狮子",
    "金竹", "红岩", "土门", "枣树", "茶园", "核桃", "三合", "五星", "万寿", "太和", "花园", "杨柳",
)  # fmt: skip
