"""From samples to orientation: grid, gaps, filters, bench calibration."""
