"""Training loops fed by the simulator."""
