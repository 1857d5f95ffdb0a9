"""The demonstration: a moving fleet on a real or sketched map, and one alert."""
