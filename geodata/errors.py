"""Everything geodata raises on purpose.

GeodataError
├── MapFileError          a map file cannot be read or holds nothing that can be used
├── MapFolderError        a compiled map is missing, damaged or of another version
├── RequestError          a question that cannot be answered as asked
│   ├── OutOfNetworkError     a point is too far from every usable road
│   ├── NoRouteError          no way leads from one point to the other
│   └── UnknownModeError      no such mode
└── MapDownloadError      a place or its network could not be fetched
"""


class GeodataError(Exception):
    """Base of everything this package raises on purpose; its text is fit to show to a user."""


class MapFileError(GeodataError):
    """A map file cannot be read, is damaged or hostile, or holds no road that any mode may use."""


class MapFolderError(GeodataError):
    """A compiled map folder is missing, damaged, or written by another version of the format."""


class MapDownloadError(GeodataError):
    """A place or its road network could not be fetched by name."""


class RequestError(GeodataError):
    """A question that cannot be answered as asked."""


class OutOfNetworkError(RequestError):
    """A point lies farther from every usable road than the limit allows."""


class NoRouteError(RequestError):
    """No drivable way leads from one point to the other."""


class UnknownModeError(RequestError):
    """The mode is not one of the map's modes."""
