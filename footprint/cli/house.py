"""`init`, `demo` and `serve`: the store and its surroundings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from factor_db.foundation.errors import NotAllowed
from footprint.cli.context import opened_store, say


def register(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command("init")(init)
    app.command("demo")(demo)
    app.command("serve")(serve)


def init(
    issuer: Annotated[str, typer.Option(help="签发方名称 / issuer's name")] = "",
) -> None:
    """创建数据库、用户与密钥 / create the store, its users and its keys."""
    from factor_db.store.home import home_folder
    from footprint.certificate.service import LOCAL_ISSUER, ensure_keys, own_issuers

    with opened_store():
        if issuer and own_issuers():
            raise NotAllowed("CERTIFICATE_KEYS_EXIST", folder=home_folder())
        ensure_keys(issuer or LOCAL_ISSUER)
    say("INIT_DONE", home=home_folder())


def demo(
    out: Annotated[Path, typer.Option(help="输出目录 / output folder")] = Path("demo"),
) -> None:
    """用示例台账走完全程 / the whole path with the example ledgers."""
    os.environ.setdefault("FOOTPRINT_HOME", str(out / "home"))
    from footprint.cli.demo import run_demo

    run_demo(out)


def serve(port: Annotated[int, typer.Option(help="端口 / port")] = 8501) -> None:
    """启动页面 / start the pages on this machine."""
    from importlib.resources import as_file, files

    # Streamlit reads the configuration that lies beside the script it runs, wherever one starts it.
    with as_file(files("footprint.ui.app") / "entry.py") as entry:
        command = [sys.executable, "-m", "streamlit", "run", str(entry), "--server.port", str(port)]
        with subprocess.Popen(command) as pages:
            # Whoever stops this process means the pages.
            signal.signal(signal.SIGTERM, lambda *_: pages.terminate())
            raise typer.Exit(pages.wait())
