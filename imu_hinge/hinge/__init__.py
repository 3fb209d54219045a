"""Counting reps and judging them: profiles, reps, faults, cues."""
