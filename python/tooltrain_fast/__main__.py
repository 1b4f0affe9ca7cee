"""`python -m tooltrain_fast` is `tooltrain-fast`."""

from tooltrain_fast._cli.commands import main

if __name__ == "__main__":
    main(prog_name="tooltrain-fast")
