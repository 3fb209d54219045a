"""What imu_hinge costs and how well its filters do: one command, one table, kept results."""
