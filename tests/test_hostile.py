#!/usr/bin/python3
"""import-recording and the files of hostile/make.py: each is refused with exit
65 (66 where there is none), in one line that names the file and what is wrong,
within seconds and within its memory, and opens nothing but itself; its sound
twin is read. The other programs that read what others wrote, and those files
behind a seal of ours: a line likewise, and nothing else is opened."""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / os.environ.get('BUILD', 'build') / 'import-recording'
os.environ['ASAN_OPTIONS'] = ':'.join(     # leaks cannot be told under strace
    filter(None, [os.environ.get('ASAN_OPTIONS'), 'detect_leaks=0']))
SECONDS, MEGABYTES = 5, 256
SLACK = 128                     # what the program itself takes, in MB
failed = []


def complain(name, text):
    failed.append(name)
    print(f'{name}: {text}')


def run(path, args, out, before=(), memory=f'--max-memory={MEGABYTES}M'):
    """Exit status, lines of stderr, seconds, megabytes."""
    command = [*before, PROGRAM, '--file', path, '--quiet', '--threads', '1',
               *memory.split(), *args.split()]
    if args != '--list':
        command += ['--out', out]
    start = time.monotonic()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                 stderr=said)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().decode().splitlines()
    return (child.returncode, lines, time.monotonic() - start,
            used.ru_maxrss / 1024)


def numbers(path):
    """All that was made of a file, but for its name and hash."""
    made = {}
    if path.exists():
        with h5py.File(path) as f:
            f.visititems(lambda name, d: made.update({name: d[()].tobytes()})
                         if isinstance(d, h5py.Dataset) and
                         not name.startswith('provenance') else None)
    return made


def check_hostile(where, name, code, words, args):
    path, out = where / f'{name}.h5', where / 'out.h5'
    status, lines, seconds, megabytes = run(path, args, out)
    if status == int(code) == 0:
        if numbers(out) != numbers(where / 'twin.out.h5'):
            complain(name, 'was read, but as other numbers than its twin')
        out.unlink(missing_ok=True)
    elif status != int(code):
        complain(name, f'exit {status}, not {code}: {lines}')
    elif len(lines) != 1 or not lines[0].startswith(
            f'import-recording: {path}: ') or words not in lines[0]:
        complain(name, f'not one line with "{words}": {lines}')
    if seconds > SECONDS:
        complain(name, f'{seconds:.1f} s')
    if megabytes > MEGABYTES + SLACK:
        complain(name, f'{megabytes:.0f} MB')
    if out.exists():
        complain(name, 'left an output')
        out.unlink()
    if os.environ.get('V'):
        print(f'{name:20} {seconds:5.2f} s {megabytes:4.0f} MB '
              f'{lines[0].split(": ", 2)[-1] if lines else ""}')


def check_twin(where, name, args, last=[None]):
    """Many are the same file, which is read once for those that follow each
    other."""
    out, twin = where / 'twin.out.h5', where / 'twin' / f'{name}.h5'
    this = twin.read_bytes(), args
    if last[0] == this:
        return
    last[0] = this
    out.unlink(missing_ok=True)
    status, lines, _, _ = run(twin, args, out)
    if status:
        complain(f'twin of {name}', f'exit {status}: {lines}')


def check_bombs(where):
    """The memory that nobody asked for bounds them too."""
    for path in sorted(where.glob('bomb_*.h5')):
        status, lines, seconds, _ = run(path, '--states /states --trial /trial'
                                        ' --variable count=/count',
                                        where / 'out.h5', memory='')
        if status != 65 or len(lines) != 1 or seconds > SECONDS:
            complain(path.stem, f'by default: {status} {lines} {seconds:.1f}')


def opened(where, path, args):
    """The files that a run opened or looked at, but for the output's."""
    log = where / 'strace.log'
    run(path, args, where / 'out.h5',
        ('strace', '-f', '-qq', '-s', '4096', '-e', 'trace=%file', '-o', log))
    names = set(re.findall(r'"([^"]*)"', log.read_text()))
    (where / 'out.h5').unlink(missing_ok=True)
    return {n.replace(str(path), 'FILE') for n in names if 'out.h5' not in n}


def check_opened(where, name, args):
    sound = opened(where, where / 'twin' / f'{name}.h5', args)
    more = opened(where, where / f'{name}.h5', args) - sound
    if 'FILE' not in sound:
        complain(name, 'strace sees nothing')
    if more:
        complain(name, f'opened {sorted(more)}')


# How others read a file; what a sound exit is.
OTHERS = (('h5check', 'FILE'), ('h5info', 'FILE'),
          ('h5check', '--adopt', 'FILE', '--out', 'OUT'),
          ('import-model', '--weights', 'FILE', '--task', 'multi-object',
           '--out', 'OUT'))
SEALED = OTHERS[:2]


def sealed(path, to):
    """A file as h5check is to find it sound but for what it holds."""
    raw = path.read_bytes()
    head = (b'Model Alignment Search: an HDF5 file behind 512 bytes of text\n'
            b'kind activations\nsize %d\nsha256 %s\n'
            b'\nh5py, h5dump and HDFView open this file as it is. size and '
            b'sha256 are those of\nthe bytes after this text: tail -c +513 '
            b'FILE | sha256sum\n' % (
                len(raw), hashlib.sha256(raw).hexdigest().encode()))
    to.write_bytes(head.ljust(511) + b'\n' + raw)


def check_other(where, path, words, traced):
    out, log = where / 'out.h5', where / 'strace.log'
    name = f'{path.stem}: {" ".join(words)}'
    command = [PROGRAM.parent / words[0], '--threads', '1', *(
        {'FILE': path, 'OUT': out}.get(w, w) for w in words[1:])]
    if traced:
        command[:0] = ['strace', '-f', '-qq', '-s', '4096', '-e',
                       'trace=open,openat', '-o', log]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True)
    lines = done.stderr.decode().splitlines()
    if done.returncode not in ((0, 65, 66) if words[0] == 'h5info'
                               else (65, 66)):
        complain(name, f'exit {done.returncode}: {lines}')
    elif done.returncode and (len(lines) != 1 or not lines[0].startswith(
            f'{words[0]}: {path}: ')):
        complain(name, f'not one line: {lines}')
    if time.monotonic() - start > SECONDS * (1 + traced):
        complain(name, f'{time.monotonic() - start:.1f} s')
    if out.exists():
        complain(name, 'left an output')
        out.unlink()
    if traced:
        more = {n for n in re.findall(r'"([^"]*)"', log.read_text())
                if re.search(r'\.h5|\.bin|passwd|/x$', n)} - {str(path)}
        if {n for n in more if 'out.h5' not in n}:
            complain(name, f'opened {sorted(more)}')


def check_others(where, names):
    """All that stands in other files, and every third of the rest."""
    for i, name in enumerate(names):
        elsewhere = bool(re.match('external|raw|virtual', name))
        path, ours = where / f'{name}.h5', where / f'sealed_{name}.h5'
        if not elsewhere and i % 3:
            continue
        for words in OTHERS:
            check_other(where, path, words, elsewhere)
        if path.is_file():
            sealed(path, ours)
            for words in SEALED:
                check_other(where, ours, words, elsewhere)


def main(where):
    subprocess.run([sys.executable, ROOT / 'tests/hostile/make.py', where],
                   check=True)
    lines = (where / 'cases.tsv').read_text().splitlines()
    cases = [line.split('\t') for line in lines]
    only = sys.argv[1:]
    for name, code, words, args in cases:
        if only and name not in only:
            continue
        check_twin(where, name, args)
        check_hostile(where, name, code, words, args)
    for name, _, _, args in cases:
        if not only and re.match('external|raw|virtual|soft|filter_un', name):
            check_opened(where, name, args)
    check_bombs(where)
    check_others(where, only or [name for name, *_ in cases])
    print(f'{len(cases)} files, {len(set(failed))} of them or their twins not '
          'as they should be')
    return bool(failed)


if __name__ == '__main__':
    folder = Path(tempfile.mkdtemp(prefix='mas-test-'))
    try:
        code = main(folder)
    finally:
        shutil.rmtree(folder)
    sys.exit(code)
