"""The entry of `footprint`: global options, the commands, and errors turned into exit codes.

Nothing heavy is imported here, so `footprint --help` answers at once.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Annotated, NoReturn

import typer

from factor_db.foundation.errors import EXIT_BAD_INPUT, FootprintError, SeveralFaults, Unusable
from factor_db.foundation.messages import error_text, text
from footprint.cli import house
from footprint.cli.comparisons import benchmark, claims, compare, lab, validation
from footprint.cli.context import CONTEXT, configure, print_json, unusable
from footprint.cli.database import (
    audit,
    background,
    bank,
    factor,
    ledger,
    lineage,
    park,
    review,
    store,
    user,
)
from footprint.cli.results import (
    account,
    calculate,
    certificate,
    models,
    portfolio,
    supplier,
    uncertainty,
    view,
)

app = typer.Typer(
    name="footprint",
    help="铝产品碳足迹,从台账到可离线核验的证书 / aluminium footprints, ledger to certificate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
house.register(app)
calculate.register(app)
account.register(app)
certificate.register(app)
claims.register(app)
compare.register(app)
benchmark.register(app)
lab.register(app)
uncertainty.register(app)
models.register(app)
portfolio.register(app)
validation.register(app)
view.register(app)
app.add_typer(ledger.app, name="ledger")
app.add_typer(factor.app, name="factor")
review.register(factor.app)
supplier.register(factor.app)
app.add_typer(supplier.app, name="supplier")
app.add_typer(review.app, name="review")
lineage.register(factor.app, certificate.certificates, factor.releases)
app.add_typer(certificate.certificates, name="certificate")
app.add_typer(factor.releases, name="release")
bank.register(background.app)
app.add_typer(background.app, name="background")
app.add_typer(park.app, name="park")
app.add_typer(audit.app, name="audit")
app.add_typer(store.app, name="store")
app.add_typer(user.app, name="user")

# What is no fault of what was given: the disk, its quota, a limit of the system, a closed place.
_MACHINE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO), "MACHINE_FULL"),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), "MACHINE_CLOSED"),
}
_GLOBAL_OPTIONS = ("--lang", "--as")


@app.callback()
def _global_options(
    lang: Annotated[str | None, typer.Option(help="zh | en (FOOTPRINT_LANG)")] = None,
    acting: Annotated[
        str | None, typer.Option("--as", help="以何用户执行 / acting user (FOOTPRINT_USER)")
    ] = None,
) -> None:
    configure(lang, acting)


def main(arguments: list[str] | None = None) -> None:
    """Run a command line and leave with its exit code: 0 to 5 or 130; never a traceback.

    `FOOTPRINT_TRACEBACK=1` shows one where a fault has no name, for who looks for its cause.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=hoisted(given), prog_name="footprint")
    except FootprintError as error:
        _leave(error, given)
    except (ArithmeticError, MemoryError, RecursionError) as error:
        _give_up("NUMBERS_TOO_LARGE", error)
    except OSError as error:
        if error.errno in _MACHINE:
            _leave(Unusable(_MACHINE[error.errno], reason=_words(error)), given)
        print(_words(error), file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)
    except Exception as error:
        _leave(_told(error), given)
    finally:
        if arguments is None:  # the process ends here, and by its exit code alone
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _leave(error: FootprintError, given: list[str]) -> NoReturn:
    if "--json" in given:
        print_json(_error_document(error))
    for item in (*(error.faults if isinstance(error, SeveralFaults) else ()), error):
        print(error_text(item, CONTEXT.lang), file=sys.stderr)
    sys.exit(error.exit_code)


def _told(error: Exception) -> FootprintError:
    """Return what an error without a name of ours means: of the database, or of nobody knows."""
    if type(error).__module__.startswith("sqlalchemy."):
        from sqlalchemy.exc import SQLAlchemyError

        if isinstance(error, SQLAlchemyError):
            return unusable(error)
    if os.environ.get("FOOTPRINT_TRACEBACK"):
        raise error
    return Unusable("FAULT_WITHOUT_NAME", reason=f"{type(error).__name__}: {error}"[:300])


def _words(error: OSError) -> str:
    return f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)


def _give_up(code: str, error: BaseException) -> None:
    print(text(code, CONTEXT.lang, reason=type(error).__name__), file=sys.stderr)
    sys.exit(EXIT_BAD_INPUT)


def hoisted(arguments: list[str]) -> list[str]:
    """Move global options to the front, so that they may stand anywhere on the line."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument in _GLOBAL_OPTIONS:
            front.extend((argument, next(waiting, "")))
        elif argument.partition("=")[0] in _GLOBAL_OPTIONS:
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest


def _error_document(error: FootprintError) -> dict[str, object]:
    document: dict[str, object] = {
        "error": error.code,
        "message_zh": error_text(error, "zh"),
        "message_en": error_text(error, "en"),
    }
    if isinstance(error, SeveralFaults):
        document["faults"] = [_error_document(item) for item in error.faults]
    if error.code == "SLOTS_MISSING":
        slots = str(error.params["slots"]).split(", ")
        document["coverage"] = {"missing": [{"slot": slot} for slot in slots]}
    return document
