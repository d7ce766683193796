/* golden.h - reference numbers in text files: a line each of a name, how many
 * numbers, the numbers. The scripts beside the files made them. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers of a line, to be freed; *n of them. Fails the test where the
 * line is missing. */
static inline double *golden(const char *path, const char *name, size_t *n)
{
    FILE *f = fopen(path, "r");
    double *x = NULL;
    char word[128];
    size_t count;

    while (f && fscanf(f, "%127s %zu", word, &count) == 2) {
        double *line = calloc(count + 1, sizeof *line);
        for (size_t i = 0; i < count; i++)
            if (fscanf(f, "%lf", &line[i]) != 1)
                count = 0;
        if (strcmp(word, name) == 0) {
            x = line;
            *n = count;
            break;
        }
        free(line);
    }
    if (f)
        fclose(f);
    if (x == NULL || *n == 0)
        fail_msg("%s has no %s", path, name);
    return x;
}

/* Fails the test where |got - want| > tolerance max(1, |want|). */
static inline void golden_near(const char *what, double got, double want,
                               double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fmax(1, fabs(want))))
        fail_msg("%s: %.15g instead of %.15g", what, got, want);
}

static inline void near(double x, double y, double tolerance)
{
    if (!(fabs(x - y) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", x, y, tolerance);
}

#endif
