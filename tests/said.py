"""said.py - runs programs and tests and says how it went: for tests that are
scripts and print as CMocka does, and for checks of a line each."""
import os
import shutil
import subprocess
import tempfile

BIN = os.path.abspath(os.environ.get("BUILD", "build"))


def run(program, *words, status=0):
    """A program on one thread, which must end so; what it said."""
    done = subprocess.run([f"{BIN}/{program}", "--threads", "1", *words],
                          capture_output=True, text=True)
    assert done.returncode == status, (program, words, done.stderr)
    return done.stderr


def prove(tests, make):
    """Run tests in an empty folder, once make() has filled it. Exit status."""
    failed = 0
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    try:
        make()
        for test in tests:
            try:
                test()
            except Exception as error:      # each is counted
                failed += 1
                line = error.__traceback__.tb_next.tb_lineno
                print(f"[  FAILED  ] {test.__name__}, line {line}: "
                      f"{type(error).__name__} {error}")
    finally:
        shutil.rmtree(folder)
    print(f"[  PASSED  ] {len(tests) - failed} test(s).")
    if failed:
        print(f"{failed} FAILED TEST(S)")
    return 1 if failed else 0


failures = 0


def say(ok, what, text):
    """Print the line of one check and remember whether it failed."""
    global failures
    failures += not ok
    print(f"{'ok  ' if ok else 'FAIL'} {what}: {text}")


def conclude():
    """Exit status of the checks."""
    print(f"{failures} failed")
    return 1 if failures else 0
