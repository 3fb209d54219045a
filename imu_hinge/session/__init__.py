"""The loop: streaming pipeline, whole-recording analysis, results."""
