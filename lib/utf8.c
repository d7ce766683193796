#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

size_t utf8_length(const char *text, size_t n)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *s = (const unsigned char *)text;
    size_t length = *s < 0x80 ? 1 : *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 :
                    *s >> 3 == 30 ? 4 : 0;
    uint32_t code = length < 2 ? *s : *s & (0x7Fu >> length);

    if (!length || length > n)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if (s[i] >> 6 != 2)
            return 0;
        code = code << 6 | (s[i] & 0x3F);
    }
    return code < least[length] || code > 0x10FFFF ||
           (code >= 0xD800 && code < 0xE000) ? 0 : length;
}

bool utf8_printable(const char *text)
{
    size_t n = strlen(text), step;

    for (size_t i = 0; i < n; i += step)
        if (!(step = utf8_length(text + i, n - i)) ||
            iscntrl((unsigned char)text[i]))
            return false;
    return true;
}
