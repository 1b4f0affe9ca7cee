"""Names of options: the known ones, former ones, and those that are misspelled."""

from collections.abc import Collection, Iterable

from tooltrain_fast import _core
from tooltrain_fast._options.table import RENAMED
from tooltrain_fast.errors import OptionsError


def refuse_unknown(names: Iterable[str], known: Collection[str]) -> None:
    """Refuses a name that is not among the `known` ones, and names the right one.

    Raises:
        OptionsError: a name is not known.
    """
    for name in names:
        if name in known:
            continue
        if (new := RENAMED.get(name)) in known:
            raise OptionsError(
                f"this option is called {new}", code="renamed_option", option=name, hint=f"write {new}="
            )
        hint = did_you_mean(name, known) or "the options are " + ", ".join(known)
        raise OptionsError("there is no such option", code="unknown_option", option=name, hint=hint)


def did_you_mean(word: str, words: Iterable[str]) -> str | None:
    """A hint with the one of `words` that is nearest to `word`; nothing where none is near."""
    near = _core.nearest_word(word, list(words))
    return f'did you mean "{near}"?' if near else None
