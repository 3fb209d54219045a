"""Clip-to-segment alignment, kinematics and joint angles."""
