"""The athlete's sessions over weeks: an index of their folders, what was added to them, comparisons and trends."""
