"""The run-time type checker of the test run: beartype, taking an int where a float is asked."""

from beartype import BeartypeConf, beartype

tower = beartype(conf=BeartypeConf(is_pep484_tower=True))
