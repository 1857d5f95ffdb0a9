"""Who should go, where, and by when."""
