"""The kernel: (profile state, input) -> (profile state, effects). Pure: no clock, file, network, chance or environment."""
