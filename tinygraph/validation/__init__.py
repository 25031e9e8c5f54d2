"""The guards of the engine: checks of arrays, shapes, feeds, op results and optimizer updates."""
