"""The clip protocol in numpy: packets, control point, exact loss accounting."""
