"""Demosaicing: one colour per photosite in, three out."""
