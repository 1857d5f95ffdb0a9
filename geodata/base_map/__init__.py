"""The base map: our own roads and places as vector tiles, made when a map is compiled.

Pages draw it, so that they need no map server and no internet. ``features`` says what is drawn from
which zoom on, ``tiles`` cuts it, ``archive`` keeps the tiles in one PMTiles file and reads them.
"""
