"""What is there, and how long does it take to get there."""
