"""An emulator of an imu_hinge clip, written from the protocol document alone."""
