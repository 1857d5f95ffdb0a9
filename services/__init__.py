"""Services answer: how does anyone ask, and what is remembered?"""
