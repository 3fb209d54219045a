"""Where samples come from: replay, simulation, clips over the air."""
