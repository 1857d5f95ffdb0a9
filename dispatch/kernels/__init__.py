"""Jitted loops of this package: scalars and arrays in, importing only other kernels."""
