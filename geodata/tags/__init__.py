"""What do the tags of a map say, whoever asks? Decoding only; the judging is in geodata.modes."""
