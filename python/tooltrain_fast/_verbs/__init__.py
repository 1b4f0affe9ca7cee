"""The functions that users call, one file per topic."""
