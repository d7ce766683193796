/* report_priv.h - what the parts of report share.
 *
 *     report.c         rows of directions and similarities, and what joins them
 *     report_name.c    types, panels, bars: what they are called
 *     report_bar.c     means over rows, and their intervals
 *     report_paths.c   states along trials
 *     report_recording.c, report_pretend.c  recordings, and pretended ones
 *     report_session.c what was recorded */
#ifndef REPORT_PRIV_H
#define REPORT_PRIV_H

#include "report.h"
#include "standin.h"

enum { REPORT_SYSTEMS = 8 };

/* How the panels of a report are made of the types of an alignment. */
enum order {
    ORDER_SORTED,               /* A × B, alphabetical                       */
    ORDER_GIVEN,                /* A × B, system 1 first: roles differ       */
    ORDER_ARROW                 /* A → B, for each direction its own         */
};

/* The systems that stand together in an alignment or a similarity. */
struct report_pair {
    int n;
    const char *name[REPORT_SYSTEMS], *type[REPORT_SYSTEMS];
    bool swapped;               /* system 2 has the panel's first type       */
};

/* A row of one direction or score, and the pair that it is of. */
struct report_part {
    struct report_table row;
    const struct report_pair *pair;
    int role;                   /* enum role                                 */
    bool numbered;              /* its two systems are the panel's types     */
    bool alone;                 /* a panel of its own, without bars          */
};

bool report_same(const char *a, const char *b);
void report_set(char to[H5_TEXT_SIZE], const char *text);

/* A row of a level without any number. */
struct report_table report_blank(const char *level);

/* Are n alignments shuffled or not as they should be, and sound? 0, or -1
 * (EX_DATAERR). */
int report_check(const struct report_alignment *x, int n, bool shuffled);

/* IIA within the target (DAS) of d, of alignment x, by a map of the same form
 * and of as many dimensions; NaN: none. */
double report_ceiling(const struct report_input *in,
                      const struct report_alignment *x,
                      const struct alignment_directions *d);

/* (IIA - null) / (ceiling - null) of a row's columns; NaN: schemas/report.def,
 * where a ceiling close to the null would make noise of the ratio. */
double report_normalised(const struct report_table *row);

/* ---- report_name.c: NULL without memory ---- */

/* "Arithmetic GRU"; a recording without task is called by its name. */
const char *report_type(const char *task, const char *arch, const char *name,
                        struct arena *a);

/* The panel of n types, their last word once where they share it:
 * "Arithmetic × Multi-Object GRU". Sorts the types where it is not told to
 * keep them. */
const char *report_panel(const char **type, int n, const char *between,
                         bool keep, struct arena *a);

/* The variables that the directions exchange, in alphabetical order, and
 * "equal phases" where their samples match phases. */
const char *report_variables(const struct report_alignment *x,
                             struct arena *a);

/* ---- report_bar.c: append to r, which has the room; -1: memory ---- */

enum { REPORT_LINES = 8 };      /* of a bar, at most                         */

/* The bars of n parts, panel by panel in the order of the parts. */
int report_bars(struct report *r, struct report_part *part, size_t n,
                long seed, struct arena *a);

/* The averages of n parts that are similarities. */
int report_averages(struct report *r, struct report_part *part, size_t n,
                    long seed, struct arena *a);

/* ---- report_recording.c ---- */

/* Which exchange a line of one of an alignment's tables is of. */
struct report_way {
    int source, target;
    const char *source_variable, *target_variable;
};
#define REPORT_WAY(line)                                                 \
    (struct report_way){ (line)->source, (line)->target,                 \
                         (line)->source_variable, (line)->target_variable }

bool report_same_way(struct report_way x, struct report_way y);

/* The distances of an exchange's states of that kind; NULL: none. */
const struct alignment_stand_in *report_stand_in(
    const struct report_alignment *x, struct report_way way,
    enum standin kind);

/* Add the stand-ins and decodings of the alignments, whose directions are the
 * parts, one after the other. 0, or -1: memory. */
int report_recordings(struct report *r, const struct report_input *in,
                      const struct report_part *part, struct arena *a);

/* ---- report_pretend.c ---- */

/* Add a line for each direction of the pretended alignments that has both a
 * stand-in and an IIA, and the rank correlations between the two; nothing where
 * there are none. 0, or -1: memory; EX_DATAERR where a truth is of other
 * systems than what was learnt, or no line is left. */
int report_pretended(struct report *r, const struct report_input *in,
                     long seed, struct arena *a);

#endif
