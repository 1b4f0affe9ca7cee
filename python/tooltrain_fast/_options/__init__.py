"""What a caller writes: the table of options, and the way from their spelling to what the core reads."""
