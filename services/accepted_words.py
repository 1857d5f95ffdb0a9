"""Which words a place in a message takes, for whoever wrote another one.

msgspec says that a word is wrong and where, but not which ones would be right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import inspect

_NO_SUCH_WORD = re.compile(r"Invalid enum value .*?(?: - at `\$([^`]*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[[^\]]*\]")
"""Of a path such as ``.wants[...].kinds[...]``: the name of a member, or empty for any item."""


def with_accepted_words(complaint: str, type_: Any) -> str:
    """What msgspec complains of in a value of a type, and the words that it would have accepted
    there; the complaint as it is where it is about no word."""
    found = _NO_SUCH_WORD.fullmatch(complaint)
    if found is None:
        return complaint
    steps = _STEP.findall(found[1] or "")
    words = dict.fromkeys(_words_at(_shape_of(type_), steps))
    return f"{complaint}; accepted are {', '.join(words)}." if words else complaint


@cache  # of the few types that come in; a batch may hold thousands of wrong words
def _shape_of(type_: Any) -> inspect.Type:
    return inspect.type_info(type_)


def _words_at(node: inspect.Type, steps: list[str]) -> Iterator[str]:
    """The words that a type takes at a place within it."""
    if isinstance(node, inspect.Metadata):
        yield from _words_at(node.type, steps)
    elif isinstance(node, inspect.UnionType):
        for one in node.types:
            yield from _words_at(one, steps)
    elif not steps:
        if isinstance(node, inspect.LiteralType):
            yield from map(str, node.values)
        elif isinstance(node, inspect.EnumType):
            yield from (str(one.value) for one in node.cls)
    elif isinstance(node, inspect.StructType):
        for member in node.fields:
            if member.encode_name == steps[0]:
                yield from _words_at(member.type, steps[1:])
    elif isinstance(node, inspect.CollectionType):
        yield from _words_at(node.item_type, steps[1:])
    elif isinstance(node, inspect.DictType):
        yield from _words_at(node.value_type, steps[1:])
