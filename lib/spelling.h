/* spelling.h - what others call the parameters of our models.
 *
 * Names are parts between dots. A rule replaces parts by parts wherever they
 * stand; the rules are data, applied once each in their order, until the name
 * is one that the architecture knows. */
#ifndef SPELLING_H
#define SPELLING_H

struct arena;
struct param;

/* Our name for the parameter that others call `theirs`; the list `map` has
 * rules theirs=ours, which come first. NULL: none that the table `params`
 * knows. */
const char *spelling_ours(const char *theirs, const char *const *map, int nmap,
                          const struct param *params, struct arena *a);

/* Is it of the form theirs=ours? 0 or -1 (EX_USAGE). */
int spelling_check(const char *rule);

#endif
