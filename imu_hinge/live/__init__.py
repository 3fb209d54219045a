"""The live session as the athlete sees it; no mathematics."""
