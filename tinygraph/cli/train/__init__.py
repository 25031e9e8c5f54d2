"""The command ``tinygraph train``: networks for a table, their training and their page."""
