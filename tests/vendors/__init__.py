"""Virtual sensors of other makers, which behave as documented or measured by others: see each module's sources."""
