"""The command line: the same verbs, with flags made from the table of options."""
