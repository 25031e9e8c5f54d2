"""Bad input: the odd values, the valid calls that they spoil, and the judge of the answers."""
