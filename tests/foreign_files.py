"""foreign_files.py DIR - HDF5 files by h5py, and what h5py reads from them.

early.h5 (behind a user block of 512 bytes) and latest.h5 hold the same, in the
oldest and the newest layouts of libhdf5. For each dataset DIR has the values,
as doubles (/numbers, /table) or as lines (/texts), under the path with '.' for
'/': numbers.f4.le, table.b, texts.cells. links.h5 has what points elsewhere.
"""
import sys
from pathlib import Path

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

rng = np.random.default_rng(5)


def numbers(g):
    for kind in 'i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8'.split():
        for order, name in (('<', 'le'), ('>', 'be')):
            t = np.dtype(order + kind)
            x = rng.normal(size=(5, 3)) * 50
            if t.kind == 'u':
                x = np.abs(x)
            x = x.astype(t)
            if t.itemsize == 8 and t.kind != 'f':
                x[0, 0] = 2**53
                x[0, 1] = -2**53 if t.kind == 'i' else 2**53 - 1
            elif t.kind != 'f':
                x[0, :2] = np.iinfo(t).min, np.iinfo(t).max
            else:
                x[0] = np.nan, -np.inf, np.finfo(t).tiny / 2
            g[f'{kind}.{name}'] = x
    g['longdouble'] = (rng.normal(size=7) * 1e3).astype(np.longdouble)
    g['bool'] = np.array([[True, False], [False, True]])
    g['enum'] = np.array([3, -1, 3], h5py.enum_dtype(
        {'low': -1, 'high': 3}, basetype='>i2'))
    g['scalar'] = np.float32(0.1)
    g['empty'] = np.zeros((0, 4))
    for name, base, layout, axes in (
            ('array.i2', h5t.STD_I16BE, h5d.COMPACT, (3,)),
            ('array.f4', h5t.IEEE_F32LE, h5d.CONTIGUOUS, (2, 3))):
        t, list_ = h5t.array_create(base, axes), h5p.create(h5p.DATASET_CREATE)
        list_.set_layout(layout)
        h5d.create(g.id, name.encode(), t, h5s.create_simple((4,)),
                   list_).write(h5s.ALL, h5s.ALL, np.arange(
                       4 * np.prod(axes), dtype=base.dtype), t)

    x = rng.normal(size=(37, 11, 5)).astype('f4')
    i = rng.integers(-99, 99, (37, 11, 5)).astype('>i2')
    for name, how in {
            'plain': {}, 'gzip': dict(compression='gzip'),
            'gzip9': dict(compression=9, shuffle=True),
            'sum': dict(fletcher32=True), 'shuffled': dict(shuffle=True),
            'all': dict(compression=4, shuffle=True, fletcher32=True),
            'szip': dict(compression='szip'),
            'growing': dict(maxshape=(None, 11, 5), compression=1),
            'growing2': dict(maxshape=(None, None, 5), compression=1),
            'whole': dict(chunks=(37, 11, 5), compression=1)}.items():
        for kind, data in (('f', x), ('i', i)):
            g.create_dataset(f'{name}.{kind}', data=data,
                             **{'chunks': (10, 4, 5), **how})
    g.create_dataset('scaled', data=i, chunks=(10, 4, 5), scaleoffset=0)
    g.create_dataset('rounded', data=x, chunks=(10, 4, 5), scaleoffset=3)
    d = g.create_dataset('holes', (40, 40), 'i4', chunks=(7, 9), fillvalue=-7,
                         compression='gzip')
    d[3:9, 20:30] = 5
    g.create_dataset('unwritten', (12, 3), 'f8', fillvalue=2.5)
    g.create_dataset('unwritten.gzip', (12, 3), 'f8', compression=1)

    # Filters in other orders, and chunks that some of them left out.
    for name, order in {'sum.gzip': 'fz', 'sum.gzip.sum': 'fzf',
                        'shuffle.sum.gzip': 'sfz', 'gzip.sum': 'zf'}.items():
        list_ = h5p.create(h5p.DATASET_CREATE)
        list_.set_chunk((10, 4, 5))
        for f in order:
            {'f': list_.set_fletcher32, 's': list_.set_shuffle,
             'z': lambda: list_.set_deflate(4)}[f]()
        h5d.create(g.id, name.encode(), h5t.IEEE_F32LE,
                   h5s.create_simple(x.shape), list_).write(
                       h5s.ALL, h5s.ALL, x)
    d = g.create_dataset('masked', (20,), '<f4', chunks=(10,), compression=4)
    d[:10] = np.arange(10)
    d.id.write_direct_chunk((10,), np.arange(10, dtype='<f4').tobytes(), 1)


def tables(g):
    t = np.dtype([('a', '>i4'), ('b', '<f4'), ('c', 'S6'), ('d', 'f8', (2,)),
                  ('e', h5py.string_dtype()), ('f', '?')])
    x = np.zeros(9, t)
    x['a'], x['b'], x['d'] = rng.integers(-9, 9, 9), rng.normal(size=9), \
        rng.normal(size=(9, 2))
    x['c'], x['e'], x['f'] = b'six', 'längér', rng.integers(0, 2, 9)
    g['plain'] = x
    g.create_dataset('gzip', data=x, chunks=(4,), compression=4, shuffle=True)
    g['complex'] = np.array([1 + 2j, 3 - 4j])


def texts(g):
    some = ['a', 'längér', '', 'two words', '\u4e2d\u6587 \U0001f9e0']
    g['lines'] = some
    g.create_dataset('lines.gzip', data=some * 20, chunks=(7,), compression=4,
                     dtype=h5py.string_dtype())
    g.create_dataset('ascii', data=[b'x', b'yz'],
                     dtype=h5py.string_dtype('ascii'))
    g['cells'] = np.array([b'abc', b'de', b''], 'S5')
    g['scalar'] = 'one'
    for name, pad in (('null', h5t.STR_NULLPAD), ('blank', h5t.STR_SPACEPAD),
                      ('ended', h5t.STR_NULLTERM)):
        t = h5t.C_S1.copy()
        t.set_size(6)
        t.set_strpad(pad)
        h5d.create(g.id, b'pad.' + name.encode(), t,
                   h5s.create_simple((2,))).write(
                       h5s.ALL, h5s.ALL,
                       np.array([b'ab    ', b'abc   '], 'S6'), t)


def fill(f):
    numbers(f.create_group('numbers'))
    tables(f.create_group('table'))
    texts(f.create_group('texts'))
    f['latin1'] = np.array([b'caf\xe9', b'\xc3(', b'\xed\xa0\x80'], 'S4')
    f['null'] = h5py.Empty('f4')
    f['names/unit10'], f['names/unit9'] = 1.0, 2.0
    f['names/again'] = f['names/unit9']
    f['names/soft'] = h5py.SoftLink('/names/unit10')
    f['names/near'] = h5py.SoftLink('soft')
    f['references'] = np.array(
        [f['null'].ref, f['texts'].ref, h5py.Reference()], h5py.ref_dtype)
    a = f['names'].attrs
    a['text'], a['number'], a['flag'] = 'längér', np.float16(0.5), True
    a['cell'], a['one'], a['big'] = np.bytes_('cell'), [7], np.array([3], '>i8')
    a['texts'], a['none'] = ['a', 'bc'], h5py.Empty('f4')
    a['cells'] = np.array([b'x ', b'yz'])
    a['target'] = f['texts/lines'].ref
    a.create('bytes', b'raw', dtype=h5py.string_dtype('ascii'))


def expect(f, to):
    def values(name, d):
        if not isinstance(d, h5py.Dataset):
            return
        at = to / name.replace('/', '.')
        if name.startswith('numbers/'):
            d[()].astype('f8').tofile(at)
        elif name == 'table/plain':
            for c in 'abdf':
                d[c].astype('f8').tofile(to / f'table.{c}')
        elif name.startswith('texts/pad.'):
            at.write_text('ab\nabc\n')
        elif name.startswith('texts/'):
            x = d[()] if d.shape == () else list(d)
            at.write_text(''.join(
                (b.decode() if isinstance(b, bytes) else b) + '\n'
                for b in ([x] if d.shape == () else x)))
    f.visititems(values)


to = Path(sys.argv[1])
for name, how in (('early', dict(libver='earliest', userblock_size=512)),
                  ('latest', dict(libver='latest'))):
    rng = np.random.default_rng(5)
    with h5py.File(to / f'{name}.h5', 'w', **how) as f:
        fill(f)
with h5py.File(to / 'early.h5') as f:
    expect(f, to)

with h5py.File(to / 'links.h5', 'w') as f:
    f['x'] = np.arange(3.0)
    f['outside'] = h5py.ExternalLink('early.h5', '/numbers/scalar')
    f['loop'] = h5py.SoftLink('/pool')
    f['pool'] = h5py.SoftLink('/loop')
    f['nowhere'] = h5py.SoftLink('/not/here')
    g = f.create_group('g/h')
    g['up'] = f['g']
    v = h5py.VirtualLayout((3,), 'f8')
    v[:] = h5py.VirtualSource('other.h5', 'x', (3,))
    f.create_virtual_dataset('virtual', v)
    f.create_dataset('raw', (3,), 'f8', external=[('raw.bin', 0, 24)])
    f.create_dataset('lzf', data=np.arange(9), compression='lzf')
    f['large'] = np.array([2**53, 2**53 + 1])
    f['small'] = np.array([-2**53 - 1])
    f.create_dataset('huge', (2**40,), 'f8', chunks=(1000,))
    f.create_dataset('deep', (1,) * 9, 'f8')
    f['sequences'] = np.array([np.arange(2), np.arange(3)],
                              h5py.vlen_dtype('i4'))
    f['region'] = np.array([f['x'].regionref[:2]], h5py.regionref_dtype)
with h5py.File(to / 'steps.h5', 'w') as f:
    g = f
    for i in range(31):
        g = g.create_group('g')
    g['x'] = 1.0
    f['far/0'] = 1.0
    for i in range(1, 18):
        f[f'far/{i}'] = h5py.SoftLink(f'/far/{i - 1}')
with h5py.File(to / 'deep.h5', 'w') as f:
    g = f
    for i in range(33):
        g = g.create_group('g')
