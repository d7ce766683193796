"""virtual.py - for scripts that need what Debian does not have (pynwb, ...):
importing this first goes on in results/venv, which `make deps-test` makes."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.path.join(os.path.dirname(HERE), "results/venv/bin/python")

if os.path.dirname(os.path.dirname(PYTHON)) != sys.prefix:
    os.execv(PYTHON, [PYTHON, "-W", "ignore", *sys.argv])
