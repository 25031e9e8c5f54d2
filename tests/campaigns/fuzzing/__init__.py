"""Bad input: what is odd, how each public name is called, what is attacked, and who judges."""
