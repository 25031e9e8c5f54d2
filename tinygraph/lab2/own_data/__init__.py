"""The network of the lab, trained on a table of the user: training, page and command."""
