"""The fullwell command, one file a verb."""
