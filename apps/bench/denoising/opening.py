"""What the account says before its tables."""

OPENING = "TODO"
