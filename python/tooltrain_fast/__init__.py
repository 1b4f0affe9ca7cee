"""Tool-calling conversations in, packed training rows with exact loss masks out.

    import tooltrain_fast as tt
    report = tt.pack("shards/*.jsonl", out="packed.parquet")
    print(report)

`pack`, `tokenize` and `stream` run the whole line; `validate` checks records and says which are bad and why;
`convert` writes records as rows of another layout; `render` and `show` explain one conversation or row;
`explain_template` says what a chat template can do;
`verify` recounts a written file; `how_to_train` prints the trainer code for it.
"""

from typing import TYPE_CHECKING, Any

from tooltrain_fast._core import Tokenizer
from tooltrain_fast._core import version as _version
from tooltrain_fast._options.layout_spec import LayoutSpec, layout_schema
from tooltrain_fast._options.table import Options
from tooltrain_fast._reports.certificate import Certificate
from tooltrain_fast._reports.conversion_report import ConvertReport
from tooltrain_fast._reports.findings import Findings
from tooltrain_fast._reports.progress import Progress
from tooltrain_fast._reports.report import Report
from tooltrain_fast._verbs.converting import convert
from tooltrain_fast._verbs.explaining import explain_template
from tooltrain_fast._verbs.packing import pack, tokenize
from tooltrain_fast._verbs.rendering import render
from tooltrain_fast._verbs.streaming import RowStream, stream
from tooltrain_fast._verbs.validating import validate
from tooltrain_fast._views.rendered import Rendered, Span
from tooltrain_fast.errors import (
    DamagedShardError,
    InputChangedError,
    InputNotFoundError,
    InternalError,
    OptionsError,
    OutOfRangeError,
    OutputExistsError,
    OverLengthError,
    ReadError,
    RejectedRecordError,
    TemplateError,
    TokenizerError,
    TooltrainError,
    TooManyRejectedError,
    WriteError,
)

if TYPE_CHECKING:
    from tooltrain_fast._files.verification import Verification
    from tooltrain_fast._verbs.showing import show
    from tooltrain_fast._verbs.training import how_to_train
    from tooltrain_fast._verbs.verifying import verify
    from tooltrain_fast._views.view import View

__version__ = _version()

__all__ = [
    "Certificate",
    "ConvertReport",
    "DamagedShardError",
    "Findings",
    "InputChangedError",
    "InputNotFoundError",
    "InternalError",
    "LayoutSpec",
    "Options",
    "OptionsError",
    "OutOfRangeError",
    "OutputExistsError",
    "OverLengthError",
    "Progress",
    "ReadError",
    "RejectedRecordError",
    "Rendered",
    "Report",
    "RowStream",
    "Span",
    "TemplateError",
    "Tokenizer",
    "TokenizerError",
    "TooManyRejectedError",
    "TooltrainError",
    "Verification",
    "View",
    "WriteError",
    "__version__",
    "convert",
    "explain_template",
    "how_to_train",
    "layout_schema",
    "pack",
    "render",
    "show",
    "stream",
    "tokenize",
    "validate",
    "verify",
]

_LAZY = {
    "Verification": "_files.verification",
    "View": "_views.view",
    "how_to_train": "_verbs.training",
    "show": "_verbs.showing",
    "verify": "_verbs.verifying",
}


def _at_home(value: Any) -> Any:
    """The same, shown and pickled as what it is to users: a name of this package."""
    if str(getattr(value, "__module__", "")).startswith(f"{__name__}."):
        value.__module__ = __name__
    return value


def __getattr__(name: str) -> Any:
    """Imports what needs pyarrow or rich when it is first asked for.

    No module is named like the function it holds: importing it would hide the function behind the module.
    """
    if name not in _LAZY:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    import importlib  # noqa: PLC0415 - only the lazy path needs it

    value = _at_home(getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


for _name in set(__all__) - set(_LAZY):
    _at_home(globals()[_name])
