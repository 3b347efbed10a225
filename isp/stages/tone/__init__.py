"""Tone mapping: scene-referred range in, display range out."""
