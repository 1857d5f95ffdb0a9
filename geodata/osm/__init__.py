"""What does an OpenStreetMap file say about roads, and what of it can be trusted?"""
