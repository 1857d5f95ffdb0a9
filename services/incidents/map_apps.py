"""Addresses that open a place in a phone's own map app, each in the app's own coordinates.

An Android phone and an iPhone know the same app by different addresses. Which one it is only the
phone can tell, so all of them are given out. All are the apps' documented forms:

==========  ===========================================  ==================
app         Android; iPhone                              coordinates
==========  ===========================================  ==================
Amap 高德    ``amapuri://route/plan``; ``iosamap://path``   GCJ-02 (``dev=0``)
Baidu 百度   ``bdapp://map``; ``baidumap://map``            BD-09 (``bd09ll``)
any other   ``geo:`` (RFC 5870)                          WGS-84
==========  ===========================================  ==================
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from msgspec import Struct

from geodata.coordinates import Crs, from_wgs84

SOURCE = "forestall"
"""Who opens the app, as both apps want to know."""

AMAP_TRAVEL = {"foot": 2, "ebike": 3}
"""Amap's ``t``: 0 by car, 2 on foot, 3 by bicycle."""
BAIDU_TRAVEL = {"foot": "walking", "ebike": "riding"}
"""Baidu's ``mode``; by car it is ``driving``."""


class AppAddresses(Struct, kw_only=True):
    """One app's addresses for the way to a place."""

    android: str
    ios: str


class MapApps(Struct, kw_only=True):
    """Addresses that open the victim's place in the map apps of a phone."""

    amap: AppAddresses
    baidu: AppAddresses
    geo: str
    """For whatever other app the phone has chosen for places."""


def map_apps(lon: float, lat: float, name: str, mode: str) -> MapApps:
    """The addresses of a WGS-84 place; the apps lead there in a mode of travel."""
    amap_lon, amap_lat = _shifted(lon, lat, Crs.GCJ02)
    amap = urlencode(
        {
            "sourceApplication": SOURCE,
            "dlat": amap_lat,
            "dlon": amap_lon,
            "dname": name,
            "dev": 0,  # 0: the coordinates are Amap's own
            "t": AMAP_TRAVEL.get(mode, 0),
        },
        quote_via=quote,
    )
    baidu_lon, baidu_lat = _shifted(lon, lat, Crs.BD09)
    baidu = urlencode(
        {
            # A bar in the name would end it.
            "destination": f"latlng:{baidu_lat},{baidu_lon}|name:{name.replace('|', ' ')}",
            "coord_type": "bd09ll",
            "mode": BAIDU_TRAVEL.get(mode, "driving"),
            "src": SOURCE,
        },
        quote_via=quote,
    )
    there = f"{lat:.6f},{lon:.6f}"
    return MapApps(
        amap=AppAddresses(android=f"amapuri://route/plan/?{amap}", ios=f"iosamap://path?{amap}"),
        baidu=AppAddresses(
            android=f"bdapp://map/direction?{baidu}", ios=f"baidumap://map/direction?{baidu}"
        ),
        geo=f"geo:{there}?q={there}({quote(name, safe='')})",
    )


def _shifted(lon: float, lat: float, crs: Crs) -> tuple[str, str]:
    x, y = from_wgs84([lon], [lat], crs)
    return f"{float(x[0]):.6f}", f"{float(y[0]):.6f}"
