"""Steps: each manoeuvre of a leg with the drive from it to the next one."""

from __future__ import annotations

import msgspec
import numpy as np

from geodata.kernels import guidance
from geodata.kernels.junctions import judge_junctions
from geodata.metric import Metric
from geodata.network import E7, Manner, RoadClass
from geodata.routes.manoeuvres import MODIFIERS, TYPES, Manoeuvre, PathFacts, manoeuvres_of
from geodata.routes.road_signs import listed
from geodata.routes.roads import RouteRoads

MODE_WORDS = {"police": "driving", "car": "driving", "ebike": "cycling", "foot": "walking"}
"""OSRM's word for how one moves; a mode that is not listed drives."""


class Step(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One manoeuvre and the drive from it to the next one."""

    type: str
    """OSRM's manoeuvre type."""
    modifier: str | None
    """OSRM's direction word; at both ends of a leg the side the place lies on, or None."""
    exit: int | None = None
    """Which exit of a ring is taken, counted from entering; None elsewhere."""
    name: str
    ref: str
    destinations: str = ""
    exits: str = ""
    """Number of the motorway exit that is taken."""
    place_name: str = ""
    """Name of the interchange that is left by, or of the toll gate that is passed."""
    rotary_name: str = ""
    mode: str
    """OSRM's word for how one moves on this step: driving, cycling, walking, pushing bike or
    ferry."""
    manner: Manner
    """How the mode moves on this step."""
    manner_before: Manner
    passes_toll_gate: bool = False
    is_ramp: bool = False
    """The step begins on a link of a motorway or trunk road: its number is often that of the road
    it leaves, so it is better told by where it leads."""
    bearing_before_deg: int
    bearing_after_deg: int
    lon: float
    lat: float
    distance_m: float
    duration_ms: int
    first_point: int
    """The step's line among the leg's points: first and last, both included."""
    last_point: int
    first_arc: int
    """Place among the leg's arcs; the number of arcs for the arrival."""
    waypoint: int = 0
    """At an arrival: which waypoint it is, the start being 0."""
    is_final: bool = False
    """At an arrival: the last of the route."""


_MANNERS = tuple(Manner)
_RAMPS = (int(RoadClass.MOTORWAY_LINK), int(RoadClass.TRUNK_LINK))


class StepMaker:
    """The steps of one leg."""

    def __init__(
        self,
        roads: RouteRoads,
        metric: Metric,
        base: np.ndarray,
        first_point: np.ndarray,
        lon_e7: np.ndarray,
        lat_e7: np.ndarray,
        begun_m: np.ndarray,
        begun_ms: np.ndarray,
    ) -> None:
        self._roads = roads
        self._signs = roads.signs
        self._metric = metric
        self._base = base
        self._edges = base >> 1
        self._first_point = first_point.tolist()
        self._lon_e7 = lon_e7
        self._lat_e7 = lat_e7
        self._begun_m = begun_m
        self._begun_ms = begun_ms.tolist()
        self._open_time_ms, self._manner = roads.layers[metric.mode]
        self._mode_word = MODE_WORDS.get(metric.mode, "driving")

    def steps(
        self,
        depart_bearing: int,
        arrive_bearing: int,
        depart_side: str | None,
        arrive_side: str | None,
        waypoint: int,
        is_final: bool,
        keep_left: bool,
    ) -> tuple[Step, ...]:
        """From ``depart`` to ``arrive``."""
        roads, base, edges = self._roads, self._base, self._edges
        told = judge_junctions(
            base,
            roads.arc_tail,
            roads.arc_head,
            roads.arc_base,
            roads.start_bearing_deg,
            roads.end_bearing_deg,
            roads.first_out,
            roads.out_arcs,
            roads.edge_class,
            roads.edge_flags,
            roads.edge_name,
            roads.edge_ref,
            roads.edge_length_m,
            roads.node_flags,
            self._open_time_ms,
            self._manner,
            roads.first_turn,
            roads.turn_to,
            self._metric.turn_cost,
            keep_left,
        )
        facts = PathFacts(
            begun_m=self._begun_m.tolist(),
            end_bearing_deg=roads.end_bearing_deg[base].tolist(),
            start_bearing_deg=roads.start_bearing_deg[base].tolist(),
            road_class=roads.edge_class[edges],
            name=roads.edge_name[edges].tolist(),
            ref=roads.edge_ref[edges].tolist(),
            walking=self._mode_word == "walking",
        )
        manoeuvres = manoeuvres_of(*told, facts, self._signs)
        manners = [_MANNERS[manner] for manner in self._manner[base].tolist()]
        last = len(base)
        ends = [manoeuvre.at for manoeuvre in manoeuvres[1:]] + [last]
        labelled = edges[[manoeuvre.named_by for manoeuvre in manoeuvres]]
        columns = zip(
            manoeuvres,
            ends,
            roads.edge_destination[labelled].tolist(),
            roads.edge_class[labelled].tolist(),
            strict=True,
        )
        steps = [self._step(*row, facts, manners) for row in columns]
        steps[0] = msgspec.structs.replace(
            steps[0],
            modifier=depart_side,
            bearing_before_deg=0,
            bearing_after_deg=depart_bearing,
        )
        self._tell_exits(manoeuvres, steps)
        final = steps[-1]
        end_point = len(self._lon_e7) - 1
        steps.append(
            Step(
                type="arrive",
                modifier=arrive_side,
                name=final.name,
                ref=final.ref,
                mode=final.mode,
                manner=final.manner,
                manner_before=final.manner,
                bearing_before_deg=arrive_bearing,
                bearing_after_deg=0,
                lon=int(self._lon_e7[end_point]) / E7,
                lat=int(self._lat_e7[end_point]) / E7,
                distance_m=0.0,
                duration_ms=0,
                first_point=end_point,
                last_point=end_point,
                first_arc=last,
                waypoint=waypoint,
                is_final=is_final,
            )
        )
        return tuple(steps)

    def _step(
        self,
        manoeuvre: Manoeuvre,
        end: int,
        destination: int,
        road_class: int,
        facts: PathFacts,
        manners: list[Manner],
    ) -> Step:
        at, kind = manoeuvre.at, manoeuvre.kind
        manner = manners[at]
        first_point = self._first_point[at]
        name, ref = manoeuvre.name, manoeuvre.ref
        exits = place_name = ""
        passes_toll = bool(manoeuvre.note & guidance.NOTE_TOLL)
        if kind == guidance.OFF_RAMP or passes_toll:
            node = int(self._roads.arc_tail[self._base[at]])
            if kind == guidance.OFF_RAMP:
                place_name, exits = self._signs.junction_at.get(node, ("", ""))
            else:
                place_name, _ = self._signs.toll_gate_at.get(node, ("", ""))
        step_type = TYPES[kind]
        if manoeuvre.note & guidance.NOTE_MINI_ROUNDABOUT and step_type == "turn":
            step_type = "roundabout turn"
        return Step(
            type=step_type,
            modifier=MODIFIERS[manoeuvre.direction],
            exit=manoeuvre.exit_number or None,
            name=name,
            ref=listed(ref, "; ") if ref else "",
            destinations=listed(self._signs.text(destination)) if destination else "",
            exits=exits,
            place_name=place_name,
            mode=self._word(manner),
            manner=manner,
            manner_before=manners[at - 1] if at else manner,
            passes_toll_gate=passes_toll,
            is_ramp=road_class in _RAMPS,
            bearing_before_deg=facts.end_bearing_deg[at - 1] if at else 0,
            bearing_after_deg=facts.start_bearing_deg[at],
            lon=int(self._lon_e7[first_point]) / E7,
            lat=int(self._lat_e7[first_point]) / E7,
            distance_m=facts.begun_m[end] - facts.begun_m[at],
            duration_ms=self._begun_ms[end] - self._begun_ms[at],
            first_point=first_point,
            last_point=self._first_point[end],
            first_arc=at,
        )

    def _tell_exits(self, manoeuvres: list[Manoeuvre], steps: list[Step]) -> None:
        """A ring is entered towards the road it is left by: that road's label belongs to the
        entry, the ring's own name to ``rotary_name``, as OSRM has it."""
        for index, manoeuvre in enumerate(manoeuvres):
            if manoeuvre.kind not in (guidance.ROUNDABOUT, guidance.ROTARY):
                continue
            changes = {}
            if manoeuvre.kind == guidance.ROTARY:
                changes["rotary_name"] = steps[index].name
            if index + 1 < len(steps) and manoeuvres[index + 1].kind in (
                guidance.EXIT_ROUNDABOUT,
                guidance.EXIT_ROTARY,
            ):
                out = steps[index + 1]
                changes.update(name=out.name, ref=out.ref, destinations=out.destinations)
            if changes:
                steps[index] = msgspec.structs.replace(steps[index], **changes)

    def _word(self, manner: Manner) -> str:
        if manner == Manner.FERRY:
            return "ferry"
        if manner == Manner.PUSHING and self._mode_word == "cycling":
            return "pushing bike"
        return self._mode_word
