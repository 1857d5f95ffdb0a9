"""Compiled loops: scalars and bare arrays in, no checks; called through the modules around them."""
