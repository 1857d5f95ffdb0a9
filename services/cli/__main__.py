"""``python -m services.cli`` is ``forestall``."""

from services.cli import main

main()
