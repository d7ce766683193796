/* laid.h - a picture that was laid out, and where its text stands. */
#ifndef LAID_H
#define LAID_H

#include <stdbool.h>
#include <stdio.h>

#include "rows.h"

static inline const char *laid(const struct report *r, enum layout layout,
                               int mm)
{
    const char *text = plot_as(r, layout, mm, arena);
    FILE *f = fopen(in_scratch("laid.svg"), "w");

    if (!text)
        fail_msg("%s", err_text());
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return text;
}

/* Does the program exit with 0 for the picture that was laid out last? */
static inline bool laid_passes(const char *program)
{
    return python(program, in_scratch("laid.svg")) == 0;
}

/* The text elements, their place on the page (upright ones turned) and half
 * an em a letter. */
#define BOXES \
    "import re, sys, xml.dom.minidom as d\n" \
    "v = d.parse(sys.argv[1])\n" \
    "B = []\n" \
    "for t in v.getElementsByTagName(\"text\"):\n" \
    "  g = t.parentNode\n" \
    "  s = t.toxml().split(\">\", 1)[1]\n" \
    "  s = re.sub(\"<[^>]*>\", \"\", s).strip()\n" \
    "  m = g.getAttribute(\"transform\")\n" \
    "  x, y = map(float, re.findall(r\"[-\\d.]+\", m)[:2])\n" \
    "  e = float(g.getAttribute(\"font-size\"))\n" \
    "  w = 0.5 * e * len(s)\n" \
    "  a = g.getAttribute(\"text-anchor\")\n" \
    "  l = -w / 2 if a == \"middle\" else -w if a == \"end\" else 0\n" \
    "  b = [l, -0.7 * e, l + w, 0]\n" \
    "  if \"rotate\" in m: b = [b[1], -b[2], b[3], -b[0]]\n" \
    "  if s: B.append((x + b[0], y + b[1], x + b[2], y + b[3], s))\n" \
    "def at(s): return [b for b in B if b[4] == s]\n" \
    "def mid(s): return [(b[0] + b[2]) / 2 for b in at(s)]\n"

static const char apart[] = BOXES
    "W, H = [float(v.documentElement.getAttribute(k)) "
    "for k in (\"width\", \"height\")]\n"
    "out = [b for b in B if min(b[:2]) < 0 or b[2] > W or b[3] > H]\n"
    "on = [(a, b) for i, a in enumerate(B) for b in B[:i] "
    "if min(a[2], b[2]) - max(a[0], b[0]) > 0.5 "
    "and min(a[3], b[3]) - max(a[1], b[1]) > 0.5]\n"
    "print(*out, *on, sep=\"\\n\", end=\"\")\n"
    "sys.exit(len(out) + len(on) + (len(B) < 10))\n";

#endif
