/* opt.h - a program's options are one table.
 *
 * A row declares an option once; parsing, --help with live defaults, the
 * checks, the text stored in the output file and the list of input files all
 * walk the same table. Long options only, `--name value` or `--name=value`,
 * and `-o FILE` for the output; files without an option where a row takes
 * them. */
#ifndef OPT_H
#define OPT_H

#include <stdbool.h>
#include <stddef.h>

enum opt_type {
    OPT_INPUT,          /* const char *: a file that must exist              */
    OPT_INPUTS,         /* struct opt_list: FILE, repeatable, every one must
                           exist                                             */
    OPT_OUTPUT,         /* const char *: the file to make; also -o           */
    OPT_TEXT,           /* const char *: one of `choices` where given        */
    OPT_LIST,           /* struct opt_list: repeatable text                  */
    OPT_INT,            /* long,   within [lo,hi] where lo < hi              */
    OPT_REAL,           /* double, within [lo,hi] where lo < hi              */
    OPT_SIZE,           /* size_t, bytes: 512M, 4G or a number of MB, within
                           [lo,hi] MB                                        */
    OPT_FLAG            /* bool: no value                                    */
};

enum {
    OPT_REQUIRED = 1,   /* refused without it (EX_USAGE)                     */
    OPT_RESULT = 2,     /* changes the result: stored in the file; inputs and
                           outputs need no flag                              */
    OPT_EXTENT = 4,     /* OPT_RESULT, but a checkpoint outlives its change
                           (--epochs)                                        */
    OPT_OPERAND = 8,    /* OPT_INPUTS: plain FILEs, given without the name   */
    OPT_ANY = 16,       /* of an input: the program says itself what is wrong
                           with it and what helps                            */
    OPT_PAIR = 32,      /* OPT_INPUTS: FILE[,FILE] for FILE                  */
    OPT_KEYED = 64      /* OPT_INPUTS: KEY=FILE too; a KEY is 1, 1:2 or
                           1:2:word                                          */
};

enum { OPT_LIST_MAX = 1024, OPT_ROWS = 64 };

struct opt_list {
    int n;
    const char *item[OPT_LIST_MAX];
};

struct opt {
    const char *name;           /* without dashes; the table ends with NULL */
    enum opt_type type;
    void *to;                   /* the variable; its value is the default   */
    const char *help;
    int flags;
    double lo, hi;
    const char *const *choices; /* NULL-ended, or NULL */
    const char *(*note)(const char *choice);    /* for --help; NULL: none */
    const char *(*idle)(void);  /* why it has no effect beside what the other
                                   options are, whatever the inputs; NULL, or
                                   answers NULL: it has. Refused then, and in
                                   no text                                  */
};

/* Fill the table's variables from the command line. 0, or -1 with a line that
 * names the option (EX_USAGE; EX_NOINPUT where an input is missing). --help,
 * --version and --schema are the caller's (stage.h). */
int opt_parse(const struct opt *table, int argc, char **argv);

/* The options that make the result, in table order, as one canonical line:
 * `seed=3 lr=0.003 system=1=a.h5,m.h5`; files without their directories.
 * Rows whose flags meet `without` are left out; RUN options always are.
 * Returns the length that the text needs (as snprintf does). */
size_t opt_text(const struct opt *table, int without, char *to, size_t size);

/* Such a line read back, one option after the other, without the quotes:
 * fills `name` and `value` (cut to its size; strlen(text) + 1 always suffices)
 * and returns where the next one begins; NULL where there is none. */
enum { OPT_NAME = 64 };
const char *opt_next(const char *text, char name[static OPT_NAME],
                     char *value, size_t size);

/* The value of one option of such a line, the first where it is repeated.
 * False, and "": it is not there. */
bool opt_stored(const char *text, const char *name, char *to, size_t size);

/* Call `each` with every input file named on the command line, in table
 * order; stops at the first non-zero answer and returns it. */
int opt_inputs(const struct opt *table, int (*each)(const char *path, void *),
               void *with);

/* Length of the first name in "FILE" or "FILE,FILE", whose names may have
 * commas: up to the first comma before which a file's name ends. */
size_t opt_pair(const char *files);

/* The value of the OPT_OUTPUT row; NULL if the table has none. */
const char *opt_output(const struct opt *table);

/* Print the rows with their live values, for --help. */
void opt_print(const struct opt *table);

/* Print a text and a newline within 80 columns, lines after the first one
 * indented. `at` characters stand on the first line; at = indent begins it. */
void opt_wrap(const char *text, int at, int indent);

#endif
