"""The planner: which stages, numbers and tiles keep a budget, from times measured on the target."""
