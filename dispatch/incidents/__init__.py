"""The life of an incident: from the alert to the closed case, as decisions without any I/O."""
