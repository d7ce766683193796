"""make.py DIR - files that a reader must survive, each with a sound twin.

    NAME.h5         hostile or broken
    twin/NAME.h5    the same without the fault; must be read
    cases.tsv       a line a file: NAME, exit code, words that the refusal
                    must have, arguments of import-recording; exit code 0: a
                    fault that no number depends on

All is made by h5py and by changing single bytes; nothing was taken from
elsewhere. The classes:

  not a file        missing, a folder, a zarr folder, a FIFO, a dangling link
                    of git-annex
  not HDF5          empty, text, MATLAB v5, netCDF, .npz, Git LFS, HDF4
  cut short         at eight places
  superblock        version, sizes of addresses, end of file too far and too
                    near, root that is the superblock or elsewhere, checksum
  links             external (relative, absolute, to itself, /etc/passwd), of
                    a user's kind, soft ones in circles, into nothing, too
                    many
  groups            that hold themselves, 40 deep
  other files       raw data, virtual datasets of another and of the same file
  filters           unknown, LZF, Blosc, bzip2, gzip with scale-offset
  deflate           too short, too long (a bomb), not deflate, without an end,
                    a chunk that is stored raw and short
  checksum          of a chunk
  bombs             2^60 elements, 2 GB in a chunk, 2^40 chunks of one
                    element, 2^27 fill values, a text of 2^30 bytes
  object headers    a continuation that leads back, sizes, counts, versions
  B-trees           of groups and chunks: a node that is its own child, its
                    own sibling, levels, counts, keys, addresses
  heaps             local: size, address, offsets; global: index, address,
                    size; the length of a text
  symbol nodes      counts, addresses
  datatypes         of enums without names, tables whose columns overlap or
                    overrun, floats and integers of senseless bits, classes,
                    1000 levels of arrays, one that is its own type
  dataspaces        ranks, sizes, versions
  layouts           classes, ranks, sizes of chunks, addresses
  attributes        of senseless sizes
  numbers           NaN throughout, 2^53 + 1, text, wrong rank, lengths that
                    disagree
  MATLAB            cells that refer to themselves, to groups and nowhere,
                    classes and sizes that do not fit
  NWB               an index beyond its data, one that goes back, a negative
                    one, one of another length
"""
import os
import struct
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

TRIALS, STEPS, UNITS = 12, 5, 8
ROWS = TRIALS * STEPS
PLAIN = '--states /states --trial /trial --variable count=/count'
LIST = '--list'
NWB = ('--format nwb --bin 0.05 --window 0:0.25 '
       '--variable count=trials:n_items --max-missing 1')
cases = {}


def case(words, name=None, args=PLAIN, code=65):
    """Register make(path, bad), which writes the file or, not bad, its
    twin."""
    def register(make):
        key = name or make.__name__
        assert key not in cases, key
        cases[key] = (make, words, args, code)
        return make
    return register


# ---- sound files ----

def states():
    return np.random.default_rng(1).normal(size=(ROWS, UNITS)).astype('f4')


def rest(f):
    f['trial'] = np.repeat(np.arange(TRIALS, dtype='i4'), STEPS)
    f['count'] = np.tile(np.arange(STEPS, dtype='i4'), TRIALS)


def plain(path, libver='earliest', **how):
    with h5py.File(path, 'w', libver=libver) as f:
        how = how or dict(chunks=(16, UNITS), compression=4, shuffle=True)
        f.create_dataset('states', data=states(), **how)
        rest(f)


def plain_contiguous(path):
    with h5py.File(path, 'w', libver='earliest') as f:
        f['states'] = states()
        rest(f)


def nwb(path, index=None, shift=0):
    """The least of NWB: units with spike times, and trials."""
    rng = np.random.default_rng(2)
    with h5py.File(path, 'w') as f:
        f.attrs['nwb_version'] = '2.6.0'
        f.attrs['namespace'], f.attrs['neurodata_type'] = 'core', 'NWBFile'
        t = f.create_group('intervals/trials')
        u = f.create_group('units')
        for g, kind in ((t, 'TimeIntervals'), (u, 'Units')):
            g.attrs['neurodata_type'], g.attrs['namespace'] = kind, 'core'
        t.attrs['colnames'] = ['start_time', 'stop_time', 'n_items']
        t['id'] = np.arange(TRIALS)
        t['start_time'] = np.arange(TRIALS) * 0.5
        t['stop_time'] = np.arange(TRIALS) * 0.5 + 0.25
        t['n_items'] = np.arange(TRIALS) % 3
        u.attrs['colnames'] = ['spike_times']
        u['id'] = np.arange(UNITS)
        u['spike_times'] = np.sort(rng.uniform(0, 6, (UNITS, 50))).ravel()
        u['spike_times_index'] = np.asarray(
            50 * np.arange(1, UNITS + 1) if index is None else index, 'i8')
        for d in ('spike_times', 'spike_times_index'):
            u[d].attrs['neurodata_type'] = 'VectorData'
        u['spike_times_index'].attrs['target'] = u['spike_times'].ref


# ---- no file, no HDF5 ----

@case('No such file', code=66)
def missing(path, bad):
    if not bad:
        plain(path)


@case('a folder, not a file')
def folder(path, bad):
    path.mkdir() if bad else plain(path)


@case('a zarr folder: zarr.open')
def zarr(path, bad):
    if bad:
        path.mkdir()
        (path / '.zgroup').write_text('{"zarr_format": 2}')
    else:
        plain(path)


@case('a pipe')
def fifo(path, bad):
    os.mkfifo(path) if bad else plain(path)


@case('git annex get', code=66)
def annex_link(path, bad):
    if bad:
        path.symlink_to('.git/annex/objects/XX/YY/SHA256E-s1/SHA256E-s1')
    else:
        plain(path.with_suffix('.real'))
        path.symlink_to(path.with_suffix('.real').name)


for _name, _bytes, _words in (
        ('empty', b'', 'empty'),
        ('text', b'trial,count\n0,1\n', 'not an HDF5 file'),
        ('matlab5', b'MATLAB 5.0 MAT-file, Platform: GLNXA64'.ljust(128),
         '-v7.3'),
        ('netcdf', b'CDF\x01' + bytes(60), 'nccopy'),
        ('npz', b'PK\3\4' + bytes(60), 'ZIP'),
        ('lfs', b'version https://git-lfs.github.com/spec/v1\n'
         b'oid sha256:0\nsize 5\n', 'git lfs pull'),
        ('annex', b'/annex/objects/SHA256E-s5--0.h5\n', 'git annex get'),
        ('hdf4', b'\x0e\x03\x13\x01' + bytes(60), 'h4toh5'),
        ('signature', b'\x89HDF\r\n\x1a\n', 'cannot be opened'),
        ('late_signature', bytes(512) + b'\x89HDF\r\n\x1a\n' + bytes(600),
         'cannot be opened')):
    @case(_words, _name)
    def not_hdf5(path, bad, content=_bytes):
        path.write_bytes(content) if bad else plain(path)


for _i, _part in enumerate((0.002, 0.02, 0.1, 0.25, 0.5, 0.75, 0.95, 0.9999)):
    @case('cannot be opened as HDF5: ' + ('truncated file: ' if _i else ''),
          f'cut_{_i}')             # the first within the superblock
    def cut(path, bad, part=_part):
        plain(path)
        if bad:
            os.truncate(path, int(path.stat().st_size * part))


# ---- links ----

for _name, _file in (('relative', 'decoy.h5'), ('absolute', None),
                     ('passwd', '/etc/passwd'), ('self', 'self')):
    @case('external link', f'external_{_name}')
    def external(path, bad, to=_file):
        decoy = path.parent / 'decoy.h5'
        to = path.name if to == 'self' else to or str(decoy)
        plain(decoy)
        with h5py.File(path, 'w') as f:
            rest(f)
            f['inner'] = states()
            f['states'] = h5py.ExternalLink(to, '/inner') if bad else \
                h5py.SoftLink('/inner')


@case('a link of the kind 99')
def user_link(path, bad):
    with h5py.File(path, 'w', libver='earliest') as f:
        rest(f)
        f['inner'] = states()
        g = f.create_group('g')
        g['states'] = h5py.ExternalLink('there.h5', '/x')
        f['states'] = h5py.SoftLink('/g/states' if bad else '/inner')
    if bad:                     # flags, kind 64, length of the name, the name
        b = bytearray(path.read_bytes())
        at = b.index(b'states', b.index(b'there.h5') - 40)
        kind = b.index(b'\x40', at - 16, at)
        b[kind] = 99
        path.write_bytes(b)


@case('in circles')
def soft_circle(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f['inner'] = states()
        f['a'] = h5py.SoftLink('/b' if bad else '/inner')
        f['b'] = h5py.SoftLink('/a')
        f['states'] = h5py.SoftLink('b')


@case('in circles')
def soft_self(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f['inner'] = states()
        f['states'] = h5py.SoftLink('/states/more' if bad else '/inner')


@case('not in the file')
def soft_nowhere(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f['inner'] = states()
        f['states'] = h5py.SoftLink('/not/here' if bad else '/inner')


@case('more than 16')
def soft_chain(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f['s0'] = states()
        n = 18 if bad else 15
        for i in range(1, n):
            f[f's{i}'] = h5py.SoftLink(f's{i - 1}')
        f['states'] = h5py.SoftLink(f's{n - 1}')


@case('a group that holds itself', args=LIST)
def group_circle(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        g = f.create_group('g/h/i')
        g['up'] = f['g' if bad else 'count']


@case('a group that holds itself', args=LIST)
def root_circle(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f['up'] = f['/' if bad else 'count']


@case('groups deep', args=LIST)
def deep(path, bad):
    with h5py.File(path, 'w') as f:
        g = f
        for _ in range(40 if bad else 30):
            g = g.create_group('g')
        g['x'] = 1.0


# ---- data that are elsewhere ----

for _name, _file in (('relative', 'raw.bin'), ('passwd', '/etc/passwd')):
    @case('/states: its data stand in another file', f'raw_{_name}')
    def raw(path, bad, file=_file):
        (path.parent / 'raw.bin').write_bytes(bytes(ROWS * UNITS * 4))
        with h5py.File(path, 'w') as f:
            rest(f)
            f.create_dataset('states', (ROWS, UNITS), 'f4', **(
                {'external': [(file, 0, ROWS * UNITS * 4)]} if bad else {}))


for _name, _file in (('other', 'decoy.h5'), ('same', '.'),
                     ('passwd', '/etc/passwd')):
    @case('/states: a virtual dataset', f'virtual_{_name}')
    def virtual(path, bad, file=_file):
        plain(path.parent / 'decoy.h5')
        with h5py.File(path, 'w', libver='latest') as f:
            rest(f)
            f['inner'] = states()
            if bad:
                v = h5py.VirtualLayout((ROWS, UNITS), 'f4')
                v[:] = h5py.VirtualSource(file, 'inner', (ROWS, UNITS))
                f.create_virtual_dataset('states', v)
            else:
                f['states'] = f['inner']


# ---- filters, deflate ----

def with_filters(path, filters, chunk=None, mask=0, shape=(ROWS, UNITS),
                 chunks=(ROWS, UNITS), dtype=h5t.IEEE_F32LE):
    """/states in one chunk of these bytes, behind [(id, values) ...]."""
    with h5py.File(path, 'w') as f:
        rest(f)
        how = h5p.create(h5p.DATASET_CREATE)
        how.set_chunk(chunks)
        for number, values in filters:
            how.set_filter(number, h5py.h5z.FLAG_OPTIONAL, values)
        d = h5d.create(f.id, b'states', dtype, h5s.create_simple(shape), how)
        if chunk is not None:
            d.write_direct_chunk((0,) * len(shape), chunk, mask)


SOUND = states().tobytes()
for _name, _id, _words in (
        ('unknown', 40000, 'the filter 40000 (unknown)'),
        ('lzf', 32000, 'the filter 32000'), ('blosc', 32001, '(Blosc)'),
        ('zstd', 32015, '(Zstandard)'), ('bzip2', 307, '(bzip2)')):
    @case('/states: compressed by ', f'filter_{_name}')
    def filter_(path, bad, number=_id):
        with_filters(path, [(number, ())] if bad else [(1, (4,))],
                     zlib.compress(SOUND))


@case('gzip together with')
def filter_pair(path, bad):
    plain(path, chunks=(16, UNITS), compression=4,
          **(dict(scaleoffset=3) if bad else {}))


for _name, _chunk, _mask in (
        ('short', zlib.compress(SOUND[:-4]), 0),
        ('none', zlib.compress(b''), 0),
        ('long', zlib.compress(SOUND + b'1234'), 0),
        ('bomb', zlib.compress(bytes(300 << 20)), 0),
        ('garbage', bytes(range(256)) * 4, 0),
        ('endless', zlib.compress(SOUND)[:-4], 0),
        ('flipped', zlib.compress(SOUND)[:-2] + b'!!', 0),
        ('raw_short', SOUND[:-4], 1), ('raw_long', SOUND + b'1234', 1)):
    @case('/states: the chunk at (0,0) does not hold', f'deflate_{_name}')
    def deflate(path, bad, chunk=_chunk, mask=_mask):
        with_filters(path, [(1, (4,))],
                     chunk if bad else SOUND if mask else zlib.compress(SOUND),
                     mask)


@case('/states: ')
def checksum(path, bad):
    plain(path, chunks=(ROWS, UNITS), fletcher32=True)
    if bad:
        b = bytearray(path.read_bytes())
        b[b.index(SOUND) + 77] ^= 1
        path.write_bytes(b)


@case('/states: ')
def checksum_short(path, bad):
    with_filters(path, [(3, ())], SOUND[:2] if bad else None, 0)


# ---- bombs ----

@case('/states: ')
def bomb_shape(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f.create_dataset('states', (2**60 if bad else ROWS,), 'f4',
                         chunks=(4096,), maxshape=(None,))


@case('more elements than can be counted')
def bomb_product(path, bad):
    n = 2**31 if bad else 1
    with h5py.File(path, 'w') as f:
        rest(f)
        f.create_dataset('states', (ROWS, n, n, n), 'f4', chunks=(4, 1, 1, 1)
                         ) if bad else f.create_dataset('states', (ROWS,),
                                                        'f4')


@case('/states: its chunks are larger')
def bomb_chunk(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f.create_dataset('states', (ROWS, UNITS), 'f8', maxshape=(None, None),
                         chunks=(2**20, 2**8) if bad else (16, 8))


@case('/states: more chunks than the file has bytes')
def bomb_chunks(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f.create_dataset('states', (2**24 if bad else ROWS,), 'f4',
                         chunks=(1,))


@case('--max-memory')
def bomb_fill(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f.create_dataset('states', (2**27 if bad else ROWS,), 'f8',
                         fillvalue=1.5)


@case('--max-memory')
def bomb_gzip(path, bad):
    rows, chunks = 2**20, 40 if bad else 0
    zeros = zlib.compress(bytes(rows * UNITS * 4), 9) if bad else b''
    if not bad:
        return plain(path)
    with h5py.File(path, 'w') as f:
        rest(f)
        d = f.create_dataset('states', (rows * chunks, UNITS), 'f4',
                             chunks=(rows, UNITS), compression=9)
        for i in range(chunks):
            d.id.write_direct_chunk((i * rows, 0), zeros)


@case('--max-memory')
def bomb_text(path, bad):
    with h5py.File(path, 'w') as f:
        f['states'] = states()
        rest(f)
        del f['count']
        f.create_dataset('count', (ROWS,), f'S{2**30 if bad else 3}')


@case('/states: more chunks than')
def bomb_tall(path, bad):
    with h5py.File(path, 'w', libver='latest') as f:
        rest(f)
        f.create_dataset('states', (2**25 if bad else ROWS, 1), 'i1',
                         chunks=(2, 1), fillvalue=1)


# ---- numbers ----

def with_states(path, x):
    with h5py.File(path, 'w') as f:
        rest(f)
        f['states'] = x


@case('nan in row 0')
def nan(path, bad):
    with_states(path, states() * (np.nan if bad else 1))


@case('/count: element 7 is an integer beyond 2^53')
def beyond(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f['states'] = states()
        x = f['count'][()].astype('i8')
        x[7] = 2**53 + 1 if bad else x[7]
        del f['count']
        f['count'] = x


@case('/states: ')
def texts_for_numbers(path, bad):
    with_states(path, ['a'] * ROWS if bad else np.arange(ROWS) * 1.0)


@case('/states: ')
def rank_4(path, bad):
    with_states(path, states().reshape(
        (ROWS, 2, 2, 2) if bad else (ROWS, UNITS)))


@case('/states: ')
def nothing(path, bad):
    with_states(path, np.zeros((0, UNITS)) if bad else states())


@case('/states: ')
def null(path, bad):
    with_states(path, h5py.Empty('f4') if bad else states())


@case('/states: ')
def table_for_numbers(path, bad):
    with_states(path, np.zeros(ROWS, [('a', 'f4')]) if bad else states())


@case('/states: ')
def group_for_set(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f['states/x' if bad else 'states'] = states()


@case('/count: ')
def lengths(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        f['states'] = states()
        if bad:
            x = f['count'][:-1]
            del f['count']
            f['count'] = x


for _name, _index in (('beyond', [50, 100, 150, 200, 250, 300, 350, 2**40]),
                      ('back', [50, 100, 90, 200, 250, 300, 350, 400]),
                      ('negative', [-1, 100, 150, 200, 250, 300, 350, 400]),
                      ('short', [50, 100, 150])):
    @case('/units/', f'nwb_{_name}', args=NWB)
    def nwb_index(path, bad, index=_index):
        nwb(path, index if bad else None)


@case('/units/spike_times', args=NWB)
def nwb_nan(path, bad):
    nwb(path)
    if bad:
        with h5py.File(path, 'a') as f:
            f['units/spike_times'][3] = np.nan


@case('/units/spike_times', args=NWB)
def nwb_external(path, bad):
    nwb(path)
    if bad:
        with h5py.File(path, 'a') as f:
            del f['units/spike_times']
            f['units/spike_times'] = h5py.ExternalLink('decoy.h5', '/x')


# ---- MATLAB v7.3 ----

MATLAB = ('--format matlab --states x --variable count=n --max-missing 1 '
          '--max-memory 256M')


def matlab(path, spoil=None):
    """A cell x of a matrix a trial, and n, a number a trial."""
    def put(g, name, x, kind, **how):
        d = g.create_dataset(name, data=x, **how)
        d.attrs['MATLAB_class'] = np.bytes_(kind)
        return d
    with h5py.File(path, 'w', userblock_size=512) as f:
        part = states().astype('f8').reshape(TRIALS, STEPS, UNITS)
        parts = [put(f, f'#refs#/{chr(97 + k)}', part[k].T, 'double').ref
                 for k in range(TRIALS)]
        d = put(f, 'x', np.array([parts], h5py.ref_dtype).T, 'cell')
        put(f, 'n', np.arange(TRIALS)[:, None] % 3 * 1.0, 'double')
        if spoil:
            spoil(f, d)
    with open(path, 'r+b') as f:
        f.write(b'MATLAB 7.3 MAT-file, Platform: GLNXA64'.ljust(124) +
                b'\0\2IM')


def refer(to):
    def spoil(f, d):
        d[3] = to(f)
    return spoil


def reference_bytes(b):
    """The references of x, as they stand in the file."""
    at = message('x', LAYOUT)(b)
    return 512 + struct.unpack('<Q', b[at + 2:at + 10])[0]


for _name, _spoil, _words in (
        ('itself', refer(lambda f: f['x'].ref), 'x'),
        ('group', refer(lambda f: f['#refs#'].ref), 'x'),
        ('root', refer(lambda f: f['/'].ref), 'x'),
        ('external', lambda f, d: (
            f.__delitem__('n'),
            f.__setitem__('n', h5py.ExternalLink('decoy.h5', '/n'))), 'n'),
        ('class', lambda f, d: f['#refs#/d'].attrs.__setitem__(
            'MATLAB_class', np.bytes_('wrong' * 99)), 'x'),
        ('sizes', lambda f, d: (
            f.__delitem__('#refs#/d'), f.__setitem__(
                '#refs#/d', np.zeros((3, 4))), d.__setitem__(
                    3, f['#refs#/d'].ref)), 'x')):
    @case(_words, f'matlab_{_name}', args=MATLAB)
    def matlab_(path, bad, spoil=_spoil):
        matlab(path, spoil if bad else None)


# ---- single bytes ----

def where(b, mark, nth=0, start=0):
    """Where the nth of these bytes stands."""
    at = start
    for _ in range(nth + 1):
        at = b.index(mark, at) + 1
    return at - 1


def change(name, find, offset, to, make=plain, words='/states: ', args=PLAIN,
           nth=0, start=0, harmless=False):
    """A class by itself: the bytes `to` at `offset` behind those found.
    Harmless: nothing depends on them, and the numbers must be the twin's."""
    @case(words, name, args, 0 if harmless else 65)
    def changed(path, bad):
        make(path)
        if not bad:
            return
        b = bytearray(path.read_bytes())
        at = (find(b) if callable(find) else where(b, find, nth, start)) \
            + offset
        new = to(b, at) if callable(to) else to
        assert b[at:at + len(new)] != new, name
        b[at:at + len(new)] = new
        path.write_bytes(b)


def u8(x):
    return struct.pack('<Q', x & (2**64 - 1))


def u4(x):
    return struct.pack('<I', x)


def u2(x):
    return struct.pack('<H', x)


def latest(path):
    plain(path, libver='latest')


HDF = b'\x89HDF\r\n\x1a\n'
OPEN = 'cannot be opened as HDF5: '
CRASH = ''                      # or what a mended libhdf5 would say
change('super_version', HDF, 8, b'\x63', words=OPEN)
change('super_offsets', HDF, 13, b'\x03', words=OPEN)
change('super_lengths', HDF, 14, b'\xff', words=OPEN)
change('super_leaf', HDF, 16, u2(0), words=OPEN)
change('super_far_end', HDF, 40, u8(2**40), words=OPEN)
change('super_near_end', HDF, 40, u8(512))
change('super_base', HDF, 24, u8(2**62), words=OPEN)
change('super_root', HDF, 64, u8(0), words=OPEN)
change('super_root_far', HDF, 64, u8(2**50), words=OPEN)
change('super_cache', HDF, 72, u4(7), words=OPEN)
change('super_sum', HDF, 45, b'\x77', make=latest, words=OPEN)

# Groups of the oldest kind: B-tree, symbol nodes, a local heap.
change('tree_level', b'TREE', 5, b'\xff')
change('tree_type', b'TREE', 4, b'\x07')
change('tree_count', b'TREE', 6, u2(65535))
change('tree_itself', b'TREE', 32, lambda b, at: u8(at - 32))
change('tree_ring', b'TREE', 5,
       lambda b, at: b'\x01' + bytes(b[at + 1:at + 27]) + u8(at - 5),
       words=CRASH)
change('tree_sibling', b'TREE', 16, lambda b, at: u8(at - 16), args=LIST,
       harmless=True)
change('tree_far', b'TREE', 32, u8(2**55))
change('tree_key', b'TREE', 24, u8(2**30), args=LIST, words='/count: ')
change('heap_sign', b'HEAP', 0, b'PEAH')
change('heap_size', b'HEAP', 8, u8(2**63))
change('heap_free', b'HEAP', 16, u8(2**40))
change('heap_data', b'HEAP', 24, u8(2**40))
change('symbols_sign', b'SNOD', 0, b'DONS')
change('symbols_count', b'SNOD', 6, u2(60000))
change('symbols_name', b'SNOD', 8, u8(2**33), words='/count: ')
change('symbols_header', b'SNOD', 16, u8(2**44), args=LIST, words='/count: ')
change('symbols_root', b'SNOD', 16, u8(96), args=LIST, words='/count: ')

# Chunks of the oldest kind.
CHUNKS = b'TREE\x01'
change('chunks_level', CHUNKS, 5, b'\xfe')
change('chunks_itself', CHUNKS, 5,
       lambda b, at: b'\x01' + bytes(b[at + 1:at + 51]) + u8(at - 5),
       words=CRASH)
change('chunks_count', CHUNKS, 6, u2(65535))
change('chunks_bytes', CHUNKS, 24, u4(2**32 - 1))
change('chunks_bytes_0', CHUNKS, 24, u4(0))
change('chunks_mask', CHUNKS, 28, u4(2**32 - 1))
change('chunks_far', CHUNKS, 56, u8(2**55))
change('chunks_head', CHUNKS, 56, u8(0))


def header_of(path_in_file):
    """Where the object header of a dataset begins (found by h5py)."""
    def find(b):
        tmp = Path(sys.argv[1]) / 'find.tmp'
        tmp.write_bytes(b)
        with h5py.File(tmp) as f:
            at = h5py.h5o.get_info(f[path_in_file].id).addr
        tmp.unlink()
        return at
    return find


def message(path_in_file, kind):
    """Where a message's body begins in a header of version 1."""
    def find(b):
        base = 512 if b.startswith(b'MATLAB') else 0
        at = base + header_of(path_in_file)(b) + 16
        while True:
            number, size = struct.unpack('<HH', b[at:at + 4])
            if number == kind:
                return at + 8
            assert number < 64 and size < 4096, (path_in_file, kind)
            if number == 16:            # continued
                at = base + struct.unpack('<Q', b[at + 8:at + 16])[0]
            else:
                at += 8 + size
    return find


def many_attributes(path):
    plain(path)
    with h5py.File(path, 'a', libver='earliest') as f:
        for i in range(9):
            f['states'].attrs[f'a{i}'] = np.arange(20)


SPACE, TYPE, FILL, LAYOUT, FILTERS, ATTRIBUTE, MORE = 1, 3, 5, 8, 11, 12, 16
change('header_version', header_of('states'), 0, b'\x09')
change('header_count', header_of('states'), 2, u2(65535), harmless=True)
change('header_size', header_of('states'), 8, u4(2**31))
change('header_size_0', header_of('states'), 8, u4(0))
change('header_ring', message('states', MORE), 0,
       lambda b, at: u8(header_of('states')(b) + 16), make=many_attributes)
change('header_more_far', message('states', MORE), 0, u8(2**42),
       make=many_attributes)
change('header_more_size', message('states', MORE), 8, u8(2**42),
       make=many_attributes)
change('message_size', message('states', SPACE), -6, u2(60000))
change('message_kind', message('states', TYPE), -8, u2(0x3f))
change('message_shared', message('states', TYPE), -4, b'\x03')

change('space_version', message('states', SPACE), 0, b'\x77')
change('space_rank', message('states', SPACE), 1, b'\xff')
change('space_rank_3', message('states', SPACE), 1, b'\x03')
change('space_rows', message('states', SPACE), 8, u8(2**63))
change('space_rows_0', message('states', SPACE), 8, u8(0))
change('space_less', message('states', SPACE), 8, u8(2**20),
       make=plain_contiguous)
change('type_class', message('states', TYPE), 0, b'\x1f')
change('type_version', message('states', TYPE), 0, b'\x91')
change('type_size', message('states', TYPE), 4, u4(2**31))
change('type_size_0', message('states', TYPE), 4, u4(0))
change('type_size_3', message('states', TYPE), 4, u4(3))
change('float_sign', message('states', TYPE), 2, b'\xff')
change('float_precision', message('states', TYPE), 10, u2(60000))
change('float_offset', message('states', TYPE), 8, u2(60000))
change('float_exponent', message('states', TYPE), 12, b'\xff\xff')
change('float_mantissa', message('states', TYPE), 14, b'\xf0\xff')
change('integer_precision', message('count', TYPE), 10, u2(0),
       words='/count: ')
change('integer_offset', message('count', TYPE), 8, u2(4000),
       words='/count: ')
change('layout_version', message('states', LAYOUT), 0, b'\x09')
change('layout_class', message('states', LAYOUT), 1, b'\x09')
change('layout_rank', message('states', LAYOUT), 2, b'\x2a')
change('layout_rank_0', message('states', LAYOUT), 2, b'\x00')
change('layout_address', message('states', LAYOUT), 3, u8(2**50))
change('layout_chunk_0', message('states', LAYOUT), 11, u4(0))
change('layout_chunk', message('states', LAYOUT), 11, u4(2**31))
change('layout_element', message('states', LAYOUT), 19, u4(2**30),
       harmless=True)
change('data_far', message('states', LAYOUT), 2, u8(2**50),
       make=plain_contiguous)
change('data_large', message('states', LAYOUT), 10, u8(2**50),
       make=plain_contiguous, harmless=True)
change('data_small', message('states', LAYOUT), 10, u8(16),
       make=plain_contiguous)
change('filters_count', message('states', FILTERS), 1, b'\x28')
change('filters_version', message('states', FILTERS), 0, b'\x09')
change('filters_values', message('states', FILTERS), 14, u2(60000))


# ---- types ----

def enum(path):
    with h5py.File(path, 'w', libver='earliest') as f:
        rest(f)
        f['states'] = states()
        x = f['count'][()].astype('u1')
        del f['count']
        f.create_dataset('count', data=x, dtype=h5py.enum_dtype(
            {f'n{i}': i for i in range(STEPS)}, basetype='u1'))


change('enum_none', message('count', TYPE), 1, u2(0), make=enum,
       words='/count: ')
change('enum_many', message('count', TYPE), 1, u2(65535), make=enum,
       words='/count: ')
change('enum_base', message('count', TYPE), 8, b'\x11', make=enum,
       words='/count')


def table(path):
    with h5py.File(path, 'w', libver='earliest') as f:
        x = np.zeros(ROWS, [('trial', 'i4'), ('count', 'i4')])
        rest(f)
        x['trial'], x['count'] = f['trial'], f['count']
        f['states'], f['t'] = states(), x


TABLE = '--states /states --trial /trial --variable count=/t:count'
change('table_overlap', lambda b: b.index(b'count\0\0\0', message(
    't', TYPE)(b)), 8, u4(2), make=table, args=TABLE, words='/t')
change('table_overrun', lambda b: b.index(b'count\0\0\0', message(
    't', TYPE)(b)), 8, u4(4000), make=table, args=TABLE, words='/t')
change('table_none', message('t', TYPE), 1, u2(0), make=table, args=TABLE,
       words='/t')
change('table_many', message('t', TYPE), 1, u2(65535), make=table, args=TABLE,
       words='/t')
change('table_size', message('t', TYPE), 4, u4(2), make=table, args=TABLE,
       words='/t')
change('table_twice', lambda b: b.index(b'count\0\0\0', message(
    't', TYPE)(b)), 0, b'trial', make=table, args=TABLE, words='/t')


@case('/states: ')
def array_levels(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        t = h5t.IEEE_F32LE
        for _ in range(1000 if bad else 1):
            t = h5t.array_create(t, (1,))
        h5d.create(f.id, b'states', t, h5s.create_simple((ROWS,)))


@case('/states: ')
def table_levels(path, bad):
    with h5py.File(path, 'w') as f:
        rest(f)
        if not bad:
            f['states'] = states()
            return
        t = h5t.IEEE_F32LE
        for _ in range(1000):
            outer = h5t.create(h5t.COMPOUND, 4)
            outer.insert(b'a', 0, t)
            t = outer
        h5d.create(f.id, b'states', t, h5s.create_simple((ROWS,)))


def committed(path):
    with h5py.File(path, 'w', libver='earliest') as f:
        rest(f)
        f['type'] = np.dtype('f4')
        f.create_dataset('states', data=states(), dtype=f['type'])


def shared(b):
    """The address in the shared message of a dataset's type."""
    at = message('states', TYPE)(b)
    return at + (2 if b[at] > 1 else 8)


change('type_itself', shared, 0, lambda b, at: u8(header_of('states')(b)),
       make=committed, words=CRASH)
change('type_far', shared, 0, u8(2**45), make=committed)
change('type_of_group', shared, 0, u8(96), make=committed)


# ---- texts of variable length, attributes, references ----

def words_(path):
    with h5py.File(path, 'w', libver='earliest') as f:
        rest(f)
        f['states'] = states()
        x = [f'word{i}' for i in f['count']]
        del f['count']
        f['count'] = x


def text_at(b):
    """The first element: length, address of a global heap, index."""
    at = message('count', LAYOUT)(b)
    return struct.unpack('<Q', b[at + 2:at + 10])[0]


change('text_length', text_at, 0, u4(2**31 - 1), make=words_, words='/count')
change('text_heap', text_at, 4, u8(2**40), make=words_, words='/count')
change('text_heap_head', text_at, 4, u8(96) + u4(1), make=words_,
       words='/count')
change('text_index', text_at, 12, u4(4000), make=words_, words=CRASH)
change('global_sign', b'GCOL', 0, b'LOCG', make=words_, words='/count')
change('global_size', b'GCOL', 8, u8(2**40), make=words_, words='/count')
change('global_size_0', b'GCOL', 8, u8(0), make=words_, words='/count')
change('global_object', b'GCOL', 24, u8(2**40), make=words_, words=CRASH)


change('matlab_nowhere', reference_bytes, 0, u8(2**40), make=matlab, words='x',
       args=MATLAB)
change('matlab_inside', reference_bytes, 0, u8(12345), make=matlab, words='x',
       args=MATLAB)
change('matlab_cut', lambda b: 512 + 40, 0, u8(4096), make=matlab,
       args=MATLAB, words='x: ')


def main():
    to = Path(sys.argv[1])
    (to / 'twin').mkdir(parents=True, exist_ok=True)
    with open(to / 'cases.tsv', 'w') as out:
        for name, (make, words, args, code) in cases.items():
            make(to / 'twin' / f'{name}.h5', False)
            make(to / f'{name}.h5', True)
            print(name, code, words, args, sep='\t', file=out)


if __name__ == '__main__':
    main()
