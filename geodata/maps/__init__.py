"""Maps as files: fetched, compiled, kept in a folder, opened, and exchanged with networkx."""
