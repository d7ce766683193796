/* fuzz_import.c - changed files against the import of recordings.
 *
 *     fuzz_import SECONDS SEED OUT PLAIN TABLE NWB MATLAB FILE...
 *
 * The property: whatever a file holds, the parent ends with a recording or
 * with one line and EX_DATAERR, within seconds. Crashes in the child are
 * expected, libhdf5 has them; the parent must not have any, and is built with
 * sanitizers to show it: to look for new files with the undefined behaviour's,
 * as a fork under the address's costs twenty times as much, and with both to
 * read once more what was found (0 SECONDS: the files as they are).
 *
 * libhdf5 is the system's, so no coverage is known of it. In its place stands
 * what it says: a file whose refusal, digits aside, was not heard before got
 * to a check that no other did, and is kept to be changed further. In one run
 * of four a sound file's parcel is changed instead, as a child that was taken
 * over could.
 *
 * OUT/kept-*.h5 are the files that said something new, OUT/bad-*.h5 those that
 * broke the property, OUT/now.h5 is the last one: where the parent crashed, the
 * culprit. Exit 0: the property held. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../../lib/arena.h"
#include "../../lib/err.h"
#include "../../lib/foreign.h"
#include "../../lib/guard_priv.h"
#include "../../lib/import.h"
#include "../../lib/recording.h"

enum { LARGEST = 1 << 16, KEPT = 4096, SAID = 1 << 14, SLOW = 8 };
enum { PLAIN, TABLE, NWB, MATLAB, SOUND };      /* the first are sound */

struct file {
    unsigned char *byte;
    size_t n;
};

static struct file corpus[KEPT], now;
static size_t ncorpus;
static const char *out;
static char path[4096];

/* ---- chance ---- */

static uint64_t state;

static uint64_t draw(void)      /* SplitMix64 */
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static size_t below(size_t n)
{
    return n ? (size_t)(draw() % n) : 0;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- files ---- */

static void keep(const unsigned char *byte, size_t n)
{
    size_t i = ncorpus < KEPT ? ncorpus++ : SOUND + below(KEPT - SOUND);
    struct file *to = &corpus[i];
    free(to->byte);
    to->byte = malloc(n + 1);
    to->n = n;
    memcpy(to->byte, byte, n);
}

static void load(const char *name)
{
    static unsigned char byte[LARGEST];
    struct stat st;
    FILE *in;
    if (stat(name, &st) || !S_ISREG(st.st_mode) || !(in = fopen(name, "rb")))
        return;
    size_t n = fread(byte, 1, sizeof byte, in);
    if (n && n < sizeof byte)
        keep(byte, n);
    fclose(in);
}

static void save(const char *name, const struct file *f)
{
    FILE *to = fopen(name, "wb");
    if (!to || fwrite(f->byte, 1, f->n, to) != f->n || fclose(to)) {
        perror(name);
        exit(EX_IOERR);
    }
}

static void save_as(const char *kind, long k)
{
    char name[4200];
    snprintf(name, sizeof name, "%s/%s-%06ld.h5", out, kind, k);
    save(name, &now);
}

/* ---- changes ---- */

static void put(size_t at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes && at + i < now.n; i++)
        now.byte[at + i] = (unsigned char)(value >> 8 * i);
}

/* Where a structure begins. */
static size_t structure(void)
{
    static const char *const sign[] = { "TREE", "SNOD", "HEAP", "GCOL", "OHDR",
                                        "OCHK", "FRHP", "FHDB", "FHIB", "FADB",
                                        "BTHD", "BTLF", "EAHD", "FAHD",
                                        "\211HDF" };
    const char *s = sign[below(sizeof sign / sizeof *sign)];
    const unsigned char *found = memmem(now.byte, now.n, s, 4);
    for (size_t again = below(4); found && again; again--) {
        size_t from = (size_t)(found - now.byte) + 4;
        const unsigned char *next = memmem(now.byte + from, now.n - from, s,
                                           4);
        found = next ? next : found;
    }
    return found ? (size_t)(found - now.byte) : below(now.n);
}

/* Structures are where changes tell. */
static size_t place(void)
{
    return below(3) ? (structure() + below(256)) % now.n : below(now.n);
}

static uint64_t telling(void)
{
    switch (below(6)) {
    case 0:
        return (UINT64_C(1) << below(64)) - below(2);
    case 1:
        return below(9);
    case 2:
        return -(uint64_t)below(9);
    case 3:
        return structure();
    case 4:
        return now.n + below(17) - 8;
    default:
        return draw();
    }
}

static void move(size_t to, size_t from, size_t n)
{
    if (to + n <= now.n && from + n <= now.n)
        memmove(now.byte + to, now.byte + from, n);
}

static void change(void)
{
    static const size_t widths[] = { 1, 1, 2, 4, 8 };
    const struct file *other = &corpus[below(ncorpus)];
    size_t at = place(), from, n;

    switch (below(8)) {
    case 0:
        now.byte[at] ^= (unsigned char)(1u << below(8));
        break;
    case 1:
    case 2:
    case 3:
        put(at, telling(), widths[below(5)]);
        break;
    case 4:                     /* an address, aligned as most are */
        put(at & ~(size_t)7, structure(), 8);
        break;
    case 5:
        move(at, place(), 1 + below(64));
        break;
    case 6:                     /* from another file, at the same place */
        n = 1 + below(512);
        if (at + n <= now.n && at + n <= other->n)
            memcpy(now.byte + at, other->byte + at, n);
        break;
    default:                    /* cut, and say so in the superblock */
        from = now.n - below(now.n / 4);
        if (!below(4) && from > 96) {
            now.n = from;
            put(40, below(2) ? now.n : telling(), 8);
        }
    }
}

static void change_one(void)
{
    const struct file *f = &corpus[below(ncorpus)];
    memcpy(now.byte, f->byte, f->n);
    now.n = f->n;
    for (size_t k = 1 + below(6); k; k--)
        change();
}

/* ---- what was said ---- */

static uint64_t said[SAID];
static size_t nsaid;

/* New, when digits are left out. */
static bool is_new(const char *line)
{
    uint64_t hash = 14695981039346656037u;
    for (; *line; line++)
        if (*line < '0' || *line > '9')
            hash = (hash ^ (unsigned char)*line) * 1099511628211u;
    for (size_t i = 0; i < nsaid; i++)
        if (said[i] == hash)
            return false;
    if (nsaid < SAID)
        said[nsaid++] = hash;
    return true;
}

static struct {
    long runs, read, refused, crashed, late, memory, bad, kept, early;
} count;

static void tally(int rc)
{
    count.runs++;
    count.read += !rc;
    count.refused += rc && !strstr(err_text(), ": reading it ");
    count.crashed += rc && strstr(err_text(), "crashed");
    count.late += rc && strstr(err_text(), "reading it took");
    count.memory += rc && strstr(err_text(), "reading it takes");
}

/* ---- the import ---- */

static struct import_file plan_of(size_t k)
{
    static const char *const plain[] = { "count=/count" },
                             *const table[] = { "count=/t:count" },
                             *const trials[] = { "count=trials:n_items" },
                             *const matlab[] = { "count=n" };
    static const struct format_plan plan[] = {
        [PLAIN] = { .states = "/states", .trial = "/trial", .nvariables = 1,
                    .variable = plain },
        [TABLE] = { .states = "/states", .trial = "/trial", .nvariables = 1,
                    .variable = table },
        [NWB] = { .bin = 0.05, .window = "0:0.25", .nvariables = 1,
                  .variable = trials },
        [MATLAB] = { .states = "x", .nvariables = 1, .variable = matlab }
    };
    static const char *const format[] = { "plain", "plain", "nwb", "matlab" };

    return (struct import_file){ .path = path, .format = format[k],
                                 .plan = plan[k],
                                 .limits.memory = 64 << 20 };
}

static const struct import_plan treat = {
    .path = path, .system = "fuzz", .share = { 0.8, 0.1, 0.1 },
    .max_missing = 1, .seed = 1, .treat = { .drop_nan = true }
};

/* A sound file, whose parcel the child then spoils. */
static int spoil(void *with, struct parcel *to)
{
    const struct import_file *file = with;
    struct arena *a = arena_open();
    struct foreign *f = foreign_open(path, file->limits.memory, a);
    const struct format *format = f ? format_of(file->format, f) : NULL;
    struct recording *r = format ? format->read(f, &file->plan, a) : NULL;
    unsigned char *byte = (unsigned char *)to->shared;

    if (!r || recording_send(r, to))
        return -1;
    for (size_t k = 1 + below(4); k; k--) {
        size_t i = below(to->shared->nitems + 1u);
        struct item *it = &to->shared->item[i % ITEMS];
        switch (below(6)) {
        case 0:
            it->offset = below(2) ? it->offset + telling() : telling();
            break;
        case 1:
            it->n = below(2) ? it->n + telling() : telling();
            break;
        case 2:
            it->bytes = below(2) ? it->bytes + telling() : telling();
            break;
        case 3:
            *it = to->shared->item[below(to->shared->nitems + 1u) % ITEMS];
            break;
        default: {
            uint64_t value = telling();
            size_t at = it->offset + below(it->bytes ? it->bytes : 1);
            if (at < to->size - sizeof value)
                memcpy(byte + at, &value, 1u << below(4));
        }
        }
    }
    return 0;
}

static int import_spoilt(struct import_file *f, struct parcel **parcel,
                         struct recording **r, struct arena *a)
{
    if (guard_run(parcel, path, spoil, f, &f->limits) ||
        !(*r = recording_receive(*parcel, a)))
        return -1;
    return 0;
}

/* Ways to use a file: say what it holds, read it, spoil its parcel; each of
 * SOUND plans. */
enum { LISTS = SOUND, READS = 2 * SOUND, SPOILS = SOUND };

static int run(size_t way, struct arena *a)
{
    struct import_file f = plan_of(way % SOUND);
    struct parcel *parcel = NULL;
    struct recording *r = NULL;
    size_t n;
    int rc = -1;

    if (way < LISTS)
        rc = import_list(&f, &n, a) ? 0 : -1;
    else if (way < LISTS + READS)
        rc = (r = import_read(&f, &parcel, a)) ? 0 : -1;
    else
        rc = import_spoilt(&f, &parcel, &r, a);
    if (!rc && r)
        rc = import_acts(r, &treat, a) ? 0 : -1;
    guard_release(parcel);
    return rc;
}

static void report(double from)
{
    printf("%5.0f s  %ld runs  %ld read  %ld refused  %ld crashed  %ld late  "
           "%ld out of memory  %ld bad  %zu kept, %zu said\n",
           seconds() - from, count.runs, count.read, count.refused,
           count.crashed, count.late, count.memory, count.bad, ncorpus, nsaid);
    fflush(stdout);
}

/* One import of what is in `now`. */
static void once(size_t way, struct arena *a)
{
    double begun = seconds();
    int rc;

    save(path, &now);
    err_clear();
    rc = run(way, a);
    tally(rc);
    if ((rc && (err_code() != EX_DATAERR || !*err_text())) ||
        seconds() - begun > SLOW) {
        save_as("bad", count.bad++);
        printf("bad: way %zu, %.1f s, %d \"%s\"\n", way, seconds() - begun,
               err_code(), err_text());
    }
    if (strstr(err_text(), "ended too early"))
        save_as("early", count.early++);
    arena_reset(a);
}

static void take(size_t k)
{
    memcpy(now.byte, corpus[k].byte, corpus[k].n);
    now.n = corpus[k].n;
}

static void replay(struct arena *a)
{
    for (size_t k = 0; k < ncorpus; k++)
        for (size_t way = 0; way < LISTS + SOUND; way++) {
            take(k);
            once(way, a);
        }
    for (int times = 0; times < 300; times++) {
        size_t way = LISTS + READS + below(SOUND);
        take(way % SOUND);
        once(way, a);
    }
}

static void look(double length, struct arena *a)
{
    double from = seconds(), last = from;

    while (seconds() - from < length) {
        size_t way = below(LISTS + READS + SPOILS);
        if (way < LISTS + READS)
            change_one();
        else
            take(way % SOUND);
        once(way, a);
        if (way < LISTS + READS && is_new(*err_text() ? err_text() : "read")) {
            keep(now.byte, now.n);
            save_as("kept", count.kept++);
        }
        if (seconds() - last > 30) {
            report(from);
            last = seconds();
        }
    }
}

int main(int argc, char **argv)
{
    struct arena *a = arena_open();
    double from = seconds();

    if (argc < 8) {
        fprintf(stderr, "fuzz_import SECONDS SEED OUT PLAIN TABLE NWB "
                        "MATLAB FILE...\n");
        return EX_USAGE;
    }
    state = strtoull(argv[2], NULL, 10);
    out = argv[3];
    for (int i = 4; i < argc; i++)
        load(argv[i]);
    snprintf(path, sizeof path, "%s/now.h5", out);
    now.byte = malloc(2 * LARGEST);

    if (atof(argv[1]) > 0)
        look(atof(argv[1]), a);
    else
        replay(a);
    report(from);
    for (size_t i = 0; i < ncorpus; i++)
        free(corpus[i].byte);
    free(now.byte);
    arena_close(a);
    return count.bad ? 1 : 0;
}
