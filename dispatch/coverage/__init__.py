"""Where nobody can be in time, why, and what it hangs on: frames in, frames out, no I/O."""
