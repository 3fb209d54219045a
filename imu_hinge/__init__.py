"""imu_hinge: tells the hips from the lumbar spine in a hip hinge, from two or three clip-on motion sensors."""

__version__ = "0.1.0"
