/* utf8.h - text that came from outside. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the UTF-8 character at s, of at most n; 0: not one. */
size_t utf8_length(const char *s, size_t n);

/* Valid, and on one line: no control characters. */
bool utf8_printable(const char *text);

#endif
