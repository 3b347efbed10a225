"""Two developments of one raw file, stage by stage: where do they part, and by how much."""
