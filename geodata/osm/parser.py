"""Parses one OSM file in a process of its own. Run as a program; imports only pyosmium.

libosmium checks much, but a file whose compressed blocks were tampered with can make it read
memory that is not its own. Here that ends this process and not the one that asked.

Usage: python parser.py REQUEST, where REQUEST is JSON:

``{"file": path, "format": "pbf", "task": "ways", "lines": fd, "members": fd, "keys": [...]}``
    OPL lines of the ways with any of the keys, of restrictions and of multipolygons into
    ``lines``; lines of the ways that multipolygons with any of the keys have as members into
    ``members``.
``{"file": path, "format": "pbf", "task": "points", "lines": fd, "places": fd, "keys": [...]}``
    OPL lines of the nodes with any of the keys into ``lines``; of every node id, longitude and
    latitude (int64, int32, int32; 1e-7 degrees) into ``places``.
``{"file": path, "format": "pbf", "task": "negative", "lines": fd}``
    Lines ``id longitude latitude`` (1e-7 degrees) of the nodes with ids below zero.

File descriptors are inherited. The answer is one line of JSON: ``{"generator": text,
"history": false}``, or ``{"error": text, "kind": "coordinate" | "memory" | "other"}`` and exit
code 1.
"""

import json
import os
import resource
import sys

import osmium
from osmium.filter import EntityFilter, IdFilter, KeyFilter, TagFilter
from osmium.osm import NODE, NOTHING, RELATION, WAY

OPL = "opl,add_metadata=version"
KEPT = []  # writers, because the destructor of one that failed fails again and ends the process
UNDEFINED = 2**31 - 1  # libosmium's coordinate of a node without one


def path_of(descriptor):
    """A path under which libosmium can open an inherited file that has no name."""
    return f"/dev/fd/{descriptor}"


def pick(source, kinds, filters, descriptor):
    """Lines of the objects that pass all filters."""
    writer = osmium.SimpleWriter(osmium.io.File(path_of(descriptor), OPL), overwrite=True)
    KEPT.append(writer)
    with osmium.io.Reader(source, kinds) as reader:
        osmium.apply(reader, *filters, writer)
    writer.close()


def pick_ways(source, request):
    pick(
        source,
        WAY | RELATION,
        [
            KeyFilter(*request["keys"]).enable_for(WAY),
            TagFilter(("type", "restriction"), ("type", "multipolygon")).enable_for(RELATION),
        ],
        request["lines"],
    )
    marks = [f"{key}=".encode() for key in request["keys"]]
    members = set()
    with open(path_of(request["lines"]), "rb") as lines:
        for line in lines:
            if line[:1] == b"r" and b"type=multipolygon" in line:
                _, _, _, tags, listed = line[:-1].split(b" ")
                if any(mark in tags for mark in marks):
                    for member in listed[1:].split(b","):
                        if member[:1] == b"w":
                            members.add(int(member[1:].partition(b"@")[0]))
    if members:
        pick(source, WAY, [IdFilter(members).enable_for(WAY)], request["members"])


def pick_points(source, request):
    index = osmium.index.create_map(f"sparse_file_array,{path_of(request['places'])}")
    locations = osmium.NodeLocationsForWays(index)
    locations.apply_nodes_to_ways = False
    filters = [locations, EntityFilter(NODE), KeyFilter(*request["keys"])]
    pick(source, NODE, filters, request["lines"])


def pick_negative(source, request):
    with open(path_of(request["lines"]), "w", encoding="ascii") as lines:
        for node in osmium.FileProcessor(source, NODE):
            location = node.location
            if node.id < 0 and node.visible and location.x != UNDEFINED:
                lines.write(f"{node.id} {location.x} {location.y}\n")


TASKS = {"ways": pick_ways, "points": pick_points, "negative": pick_negative}


def main(request):
    """The answer."""
    source = osmium.io.File(request["file"], request["format"])
    with osmium.io.Reader(source, NOTHING) as reader:
        header = reader.header()
        answer = {
            "generator": header.get("generator"),
            "history": header.has_multiple_object_versions,
        }
    if not answer["history"]:
        TASKS[request["task"]](source, request)
    return answer


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no file behind
    try:
        answer, code = main(json.loads(sys.argv[1])), 0
    except osmium.InvalidLocationError as error:
        answer, code = {"error": str(error), "kind": "coordinate"}, 1
    except MemoryError as error:
        answer, code = {"error": str(error), "kind": "memory"}, 1
    except Exception as error:
        answer, code = {"error": str(error) or type(error).__name__, "kind": "other"}, 1
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(code)  # without any destructor
