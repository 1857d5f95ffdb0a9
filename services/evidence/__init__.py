"""Proof of visits: files that are too large for memory, kept outside the ledger.

``store``
    A folder or an object store: files under way, files that are kept.
``intake``
    Receives a file piece by piece, hashing it on the way.
``half_uploads``
    Files that are sent in parts: what has come so far.
``records``
    What the ledger knows of each file.

A file is received under ``incoming``; then one transaction writes its row and tells its incident;
then it is moved to its place. Should the process die in between, whoever sweeps next finds it in
``incoming`` and finishes the move where there is a row, or removes the file where there is none.
So an interrupted upload leaves nothing, and an acknowledged one is never lost.
"""
