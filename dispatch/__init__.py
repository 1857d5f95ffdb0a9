"""Who should go, where, and by when.

Who there is: :data:`KINDS`, :class:`LivePicture`, :class:`FixBatch`. Who should go:
:class:`Question`, :class:`CandidatePlace`, :class:`Want`, :func:`recommend`,
:class:`Recommendation`. Who stops a car, and where: :class:`Subject`, :class:`Sighting`,
:class:`Destination`, :class:`Unit`, :class:`PlanSettings`, :func:`make_plan`, :func:`seal_off`,
:func:`cover_exits`, :func:`try_plan`. Where nobody can be in time: :class:`People`,
:class:`Doors`, :class:`Target`, :func:`response_times`, :func:`response_times_by_hour`,
:func:`survey`, :func:`isochrones`,
:func:`isochrone_cells`, :func:`weigh_cells`, :func:`find_gaps`, :func:`group_gaps`,
:func:`name_points`, :func:`weak_points`. Where people should stand: :func:`candidate_posts`,
:func:`siting_problem`, :class:`SitingProblem`, :func:`lscp`, :func:`mclp`, :func:`mexclp`,
:func:`p_median`, :func:`p_centre`, :func:`standby`. Where alerts gather: :func:`hot_spots`,
:func:`hot_spots_by`; which villages come first next week: :func:`priorities`, :func:`foresight`;
a day's visits: :func:`plan_tours`. Before a change is made: :func:`draw_alerts`,
:class:`Scenario`, :class:`Habits`, :class:`RoadWorks`, :class:`RehearsalRoads`, :func:`rehearse`
under :class:`ClosestByRoad`, :class:`ClosestByLine`, :class:`Batched`, :class:`CoverageAware`,
:func:`summarise`, :func:`offline_bound`, :func:`share_of_gap_closed`. Many districts:
:func:`over_districts`, :func:`rehearse_scenario`, :class:`MapFolder`. Several incidents at the same
moment: :func:`pair`. A fleet on the move: :class:`Crowd`.
"""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "KINDS": "dispatch.responders",
    "LivePicture": "dispatch.live_picture",
    "FixBatch": "dispatch.fixes",
    "Question": "dispatch.question",
    "CandidatePlace": "dispatch.question",
    "Want": "dispatch.question",
    "Recommendation": "dispatch.question",
    "recommend": "dispatch.recommendation",
    "Subject": "dispatch.interception.subject",
    "Sighting": "dispatch.interception.subject",
    "Destination": "dispatch.interception.subject",
    "Unit": "dispatch.interception.units",
    "PlanSettings": "dispatch.interception.situation",
    "make_plan": "dispatch.interception.plan",
    "seal_off": "dispatch.interception.sealing",
    "cover_exits": "dispatch.interception.bottleneck",
    "try_plan": "dispatch.interception.trial",
    "People": "dispatch.coverage.people",
    "Doors": "dispatch.coverage.doors",
    "Target": "dispatch.coverage.targets",
    "response_times": "dispatch.coverage.survey",
    "response_times_by_hour": "dispatch.coverage.by_hour",
    "survey": "dispatch.coverage.survey",
    "isochrones": "dispatch.coverage.isochrones",
    "isochrone_cells": "dispatch.coverage.isochrones",
    "weigh_cells": "dispatch.coverage.gaps",
    "find_gaps": "dispatch.coverage.gaps",
    "group_gaps": "dispatch.coverage.gaps",
    "name_points": "dispatch.coverage.naming",
    "weak_points": "dispatch.coverage.failures",
    "candidate_posts": "dispatch.siting.problem",
    "siting_problem": "dispatch.siting.problem",
    "SitingProblem": "dispatch.siting.problem",
    "lscp": "dispatch.siting.covering",
    "mclp": "dispatch.siting.covering",
    "mexclp": "dispatch.siting.covering",
    "p_median": "dispatch.siting.median",
    "p_centre": "dispatch.siting.centre",
    "standby": "dispatch.siting.standby",
    "hot_spots": "dispatch.hotspots.getis_ord",
    "hot_spots_by": "dispatch.hotspots.getis_ord",
    "priorities": "dispatch.hotspots.priorities",
    "foresight": "dispatch.hotspots.priorities",
    "plan_tours": "dispatch.tours.planning",
    "draw_alerts": "dispatch.rehearsal.demand",
    "Scenario": "dispatch.rehearsal.scenario",
    "Habits": "dispatch.rehearsal.scenario",
    "RoadWorks": "dispatch.rehearsal.scenario",
    "RehearsalRoads": "dispatch.rehearsal.roads",
    "rehearse": "dispatch.rehearsal.rehearse",
    "ClosestByRoad": "dispatch.rehearsal.rules",
    "ClosestByLine": "dispatch.rehearsal.rules",
    "Batched": "dispatch.rehearsal.rules",
    "CoverageAware": "dispatch.rehearsal.coverage_aware",
    "summarise": "dispatch.rehearsal.summary",
    "offline_bound": "dispatch.rehearsal.offline",
    "share_of_gap_closed": "dispatch.rehearsal.offline",
    "over_districts": "dispatch.districts",
    "rehearse_scenario": "dispatch.districts",
    "MapFolder": "dispatch.districts",
    "pair": "dispatch.incidents.pairing",
    "Crowd": "dispatch.crowd",
}
"""Module of each public name; it is imported when the name is first asked for."""

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
