"""The vocabulary: domains, frames, stages, draws, colour; nothing here knows a file."""
