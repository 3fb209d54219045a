"""What makes the C header, the Python definitions, the tables and the dissector out of ``imu_hinge.yaml``."""
