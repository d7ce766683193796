/* store_report.h - alignments as report reads them, similarities, reports.
 *
 * As store.h: NULL or -1 with an error that names file, dataset and reason. */
#ifndef STORE_REPORT_H
#define STORE_REPORT_H

#include "report.h"
#include "store.h"

struct opt_list;
struct sim_plan;
struct sim_result;

int store_read_alignment(struct store *s, const char *path,
                         struct report_alignment *x);
/* Words LEARNT[,TRUTH], two alignments or one that is both. */
int store_read_pretended(struct store *s, const struct opt_list *words,
                         struct report_input *in);

int store_read_similarity(struct store *s, const char *path,
                          struct report_similarity *x);
int store_write_similarity(struct store *s, const char *path,
                           const struct sim_plan *plan,
                           const struct sim_result *y,
                           const struct acts *x1, const struct acts *x2);

/* Reading gives the report's provenance with it. Two reports that are both
 * called report.h5 are read with a store each. */
int store_read_report(struct store *s, const char *path, struct report *r);
int store_write_report(struct store *s, const char *path,
                       const struct report *r);

#endif
