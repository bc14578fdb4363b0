"""`make run`: web, workers and beat together, for one machine, until Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

from chatproject import programs
from chatproject.children import Children
from chatproject.env import BASE_DIR, Env

LOOK_SECONDS = 0.5


def main() -> int:
    env = Env()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for command in (["migrate", "--verbosity=0"], ["sync_schema"], ["collectstatic", "--noinput", "--verbosity=0"]):
        code = subprocess.run([sys.executable, str(BASE_DIR / "manage.py"), *command], check=False).returncode
        if code:
            return code
    children = Children(logs=env.var_dir / "log")
    try:
        start(children, env)
        return watch(children)
    except KeyboardInterrupt:
        print("\nStopping ...")
        return 0
    finally:
        children.stop_all()


def start(children: Children, env: Env) -> None:
    children.start("web", programs.web(env))
    for name in programs.QUEUES:
        children.start(name, programs.worker(name))
    children.start("beat", programs.beat(env.var_dir / "beat"))
    address = f"http://127.0.0.1:{env.web_port}"
    print(f"Chat page {address}/chat, console {address}/admin/ (make its first user: `manage.py createsuperuser`).")
    print(f"Logs in {children.logs}. Ctrl-C ends everything.")


def watch(children: Children) -> int:
    """Until one ends by itself: half a deployment is worse than none."""
    while not (ended := children.ended()):
        time.sleep(LOOK_SECONDS)
    for name, code in ended.items():
        print(f"{name} ended with code {code}:\n{children.log_tail(name)}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
