#include "schemas.h"

#include <stddef.h>

/* Columns of the tables. */
#define BEGIN
#define FINISH
#define SCHEMA(kind, version, title)
#define ATTR(name, type, flags, units, note)
#define FIELD(name, path, type, dims, flags, units, note)
#define FAMILY(name, path, type, dims, flags, units, note)
#define TABLE(name, path, dims, flags, note) \
    static const struct h5column SCHEMA_NAME(KIND, name##_columns)[] = {
#define COLUMN(table, name, type, units, note) \
    { #name, H5_##type, offsetof(struct SCHEMA_NAME(KIND, table), name), \
      units, note },
#define END(table) { 0 } };
#include "kinds.def"

/* The schemas and their fields, which stand in the order of the enum. */
#define OPTIONAL H5_OPTIONAL
#define SCALE H5_SCALE

#define BEGIN
#define FINISH };
#define SCHEMA(name_, version_, title_) \
    static const struct h5field SCHEMA_NAME(KIND, fields) \
        [SCHEMA_NAME(PREFIX, FIELDS)]; \
    const struct h5schema SCHEMA_NAME(schema, KIND) = { \
        .kind = #name_, .title = title_, .version = version_, \
        .field = SCHEMA_NAME(KIND, fields), \
        .nfields = SCHEMA_NAME(PREFIX, FIELDS) }; \
    static const struct h5field SCHEMA_NAME(KIND, fields) \
        [SCHEMA_NAME(PREFIX, FIELDS)] = {
#define ATTR(name, type_, flags_, units_, note_) \
    { .path = #name, .type = H5_##type_, .dims = "", .units = units_, \
      .note = note_, .flags = (flags_) | H5_ATTRIBUTE },
#define FIELD(name, path_, type_, dims_, flags_, units_, note_) \
    { .path = path_, .type = H5_##type_, .dims = dims_, .units = units_, \
      .note = note_, .flags = flags_ },
#define FAMILY(name, path_, type_, dims_, flags_, units_, note_) \
    { .path = path_, .type = H5_##type_, .dims = dims_, .units = units_, \
      .note = note_, .flags = (flags_) | H5_FAMILY },
#define TABLE(name, path_, dims_, flags_, note_) \
    { .path = path_, .type = H5_TABLE, .dims = dims_, .units = "1", \
      .note = note_, .flags = flags_, \
      .column = SCHEMA_NAME(KIND, name##_columns), \
      .row = sizeof(struct SCHEMA_NAME(KIND, name)) },
#define COLUMN(table, name, type, units, note)
#define END(table)
#include "kinds.def"

const struct h5schema *const schema_menu[] = {
    &schema_data, &schema_model, &schema_activations, &schema_interventions,
    &schema_alignment, &schema_similarity, &schema_report, &schema_checkpoint,
    NULL
};
