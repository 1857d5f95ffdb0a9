"""Where alerts gather, by week and kind of fraud, and which places come first next week."""
