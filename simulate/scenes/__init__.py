"""Scenes rendered by code, with known radiance."""
