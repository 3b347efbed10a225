"""From captures to a sensor profile with uncertainties."""
