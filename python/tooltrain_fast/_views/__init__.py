"""Rows and conversations as pictures: what is trained and why."""
