"""Brackets: many frames of one scene in, one out, with its variance."""
