"""Turn restriction relations, from members and tags to rules between ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from geodata.modes import Mode, judge_restriction
from geodata.osm.raw_roads import RawRestriction, Rule
from geodata.osm.scan import OsmRelation
from geodata.tags.restrictions import restriction_warnings

_SEVERAL_FROM = frozenset({"no_entry"})
_SEVERAL_TO = frozenset({"no_exit"})
"""The only rules that may name several ways to come from, or to go onto (OSM wiki)."""

MAX_VIA_WAYS = 20
"""More than any real restriction has; a longer one is a mistake."""

_BROKEN = "a turn restriction without exactly one from, via and to was left out"
_INCOMPLETE = "a turn restriction about ways that the map does not hold was left out"


def read_restrictions(
    relations: Iterable[OsmRelation],
    modes: Sequence[Mode],
    kept_ways: Collection[int],
    warnings: Counter[str],
) -> list[RawRestriction]:
    """The rules that bind a mode and speak of ways (OSM ids) that were kept.

    Those that cannot be understood are left out and counted.
    """
    found: list[RawRestriction] = []
    for relation in relations:
        warnings.update(restriction_warnings(relation.tags))
        words = {mode.name: judge_restriction(relation.tags, mode) for mode in modes}
        words = {name: word for name, word in words.items() if word}
        if not words:
            continue
        found += _one_relation(relation, words, kept_ways, warnings)
    return found


def _one_relation(
    relation: OsmRelation,
    words: dict[str, str],
    kept_ways: Collection[int],
    warnings: Counter[str],
) -> list[RawRestriction]:
    from_ways = _members(relation, "from", "w")
    to_ways = _members(relation, "to", "w")
    via_nodes = _members(relation, "via", "n")
    via_ways = _members(relation, "via", "w")
    kinds = set(words.values())
    understood = (
        (len(from_ways) == 1 or (from_ways and kinds <= _SEVERAL_FROM))
        and (len(to_ways) == 1 or (to_ways and kinds <= _SEVERAL_TO))
        and (len(via_nodes), bool(via_ways)) in ((1, False), (0, True))
        and len(via_ways) <= MAX_VIA_WAYS
    )
    if not understood:
        warnings[_BROKEN] += 1
        return []
    from_ways = [way for way in from_ways if way in kept_ways]
    to_ways = [way for way in to_ways if way in kept_ways]
    if not from_ways or not to_ways or not all(way in kept_ways for way in via_ways):
        warnings[_INCOMPLETE] += 1
        return []
    return [
        RawRestriction(
            relation_id=relation.osm_id,
            from_way=from_way,
            via_node=via_nodes[0] if via_nodes else None,
            via_ways=tuple(via_ways),
            to_way=to_way,
            rule_by_mode=rules,
            is_u_turn=is_u_turn,
        )
        for is_u_turn in (False, True)
        if (rules := _rules(words, is_u_turn))
        for from_way in from_ways
        for to_way in to_ways
    ]


def _rules(words: dict[str, str], is_u_turn: bool) -> dict[str, Rule]:
    """The rule for each mode whose word is (or is not) about turning back."""
    return {
        mode: "only" if word.startswith("only_") else "no"
        for mode, word in words.items()
        if word.endswith("_u_turn") is is_u_turn
    }


def _members(relation: OsmRelation, role: str, kind: str) -> list[int]:
    """OSM ids of the members with this role and type, each once, in the relation's order."""
    return list(
        dict.fromkeys(
            osm_id for type_, osm_id, role_ in relation.members if role_ == role and type_ == kind
        )
    )
