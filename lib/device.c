#include "device.h"

#include <stddef.h>
#include <string.h>

#include "err.h"

static int here(void)
{
    return 0;
}

static const struct device cpu = { .name = "cpu", .find = here };

const char *const device_names[] = { "cpu", "cuda", "auto", NULL };

const char *device_note(const char *name)
{
    return strcmp(name, "cpu") == 0 ? "this processor"
         : strcmp(name, "cuda") == 0 ? "an NVIDIA card"
         : "a card where there is one";
}

static const struct device *named(const char *name)
{
    for (int i = 0; device_menu[i]; i++)
        if (strcmp(device_menu[i]->name, name) == 0)
            return device_menu[i];
    return strcmp(name, cpu.name) == 0 ? &cpu : NULL;
}

static const struct device *any(void)
{
    for (int i = 0; device_menu[i]; i++)
        if (device_menu[i]->find() == 0)
            return device_menu[i];
    err_clear();
    return &cpu;
}

const struct device *device_find(const char **name)
{
    const struct device *d = strcmp(*name, "auto") ? named(*name) : any();

    if (d == NULL)
        err_set(EX_UNAVAILABLE, "--device %s: built without it (make says "
                "why); --device cpu computes without a card", *name);
    else
        *name = d->name;
    return d && d->find() == 0 ? d : NULL;
}
