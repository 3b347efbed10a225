"""Commands, presets, recipes and reports: the only room that parses arguments and prints."""
