"""Routes as GPX 1.1, for any navigation device: the steps as a route, the line as a track."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from geodata.routes.instructions import instruction
from geodata.routes.route import Route

NAMESPACE = "http://www.topografix.com/GPX/1/1"
SCHEMA = f"{NAMESPACE} {NAMESPACE}/gpx.xsd"
MEDIA_TYPE = "application/gpx+xml"

ILLEGAL_IN_XML = {
    code: None
    for code in (*range(0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)
    if code not in (0x9, 0xA, 0xD)
}
"""What XML 1.0 cannot carry even when escaped."""


def route_gpx(route: Route, language: str = "zh", name: str | None = None) -> str:
    """The route as a GPX 1.1 document.

    A ``rte`` holds one point a step with its instruction in ``language``; a ``trk`` holds the full
    line, one segment a leg. The map's credit stands in the metadata.
    """
    title = _text(name or _default_name(route))
    # The schema fixes the order of elements everywhere.
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<gpx version="1.1" creator="Forestall" xmlns="{NAMESPACE}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{SCHEMA}">\n',
        f"<metadata><name>{title}</name><desc>{_text(_facts(route))}</desc>",
    ]
    if route.network.attribution:
        credit = quoteattr(route.network.attribution.translate(ILLEGAL_IN_XML))
        parts.append(f"<copyright author={credit}/>")
    parts.append("</metadata>\n")
    if route.steps:
        parts.append(f"<rte><name>{title}</name>\n")
        for step in route.steps:
            label = step.name or step.ref
            point_name = f"<name>{_text(label)}</name>" if label else ""
            parts.append(
                f'<rtept lat="{step.lat:.7f}" lon="{step.lon:.7f}">{point_name}'
                f"<desc>{_text(instruction(step, language))}</desc>"
                f"<type>{_text(step.type)}</type></rtept>\n"
            )
        parts.append("</rte>\n")
    parts.append(f"<trk><name>{title}</name>\n")
    for leg in route.legs:
        parts.append("<trkseg>\n")
        parts.extend(
            f'<trkpt lat="{lat:.7f}" lon="{lon:.7f}"/>\n'
            for lon, lat in zip(
                (leg.lon_e7 / 1e7).tolist(), (leg.lat_e7 / 1e7).tolist(), strict=True
            )
        )
        parts.append("</trkseg>\n")
    parts.append("</trk>\n</gpx>\n")
    return "".join(parts)


def _text(text: str) -> str:
    return escape(text.translate(ILLEGAL_IN_XML))


def _facts(route: Route) -> str:
    return f"{route.distance_m / 1000:.1f} km, {route.duration_s / 60:.0f} min, {route.metric.mode}"


def _default_name(route: Route) -> str:
    summary = " / ".join(leg.summary for leg in route.legs if leg.summary)
    return summary or route.network.title or "Forestall"
