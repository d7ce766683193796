/* schemas.h - the file kinds as C: enums of their fields, structs of their
 * tables' rows, and the schemas themselves.
 *
 * For kind `model` with a table `history`: MODEL_history is the field's
 * number, MODEL_FIELDS how many there are, struct model_history a row of the
 * table (texts are NUL-ended in it), schema_model the schema. */
#ifndef SCHEMAS_H
#define SCHEMAS_H

#include <stdint.h>

#include "../lib/h5file.h"

#define SCHEMA_PASTE(a, b) a##_##b
#define SCHEMA_NAME(a, b) SCHEMA_PASTE(a, b)

/* Numbers of the fields. */
#define BEGIN enum {
#define FINISH SCHEMA_NAME(PREFIX, FIELDS) };
#define SCHEMA(kind, version, title)
#define ATTR(name, type, flags, units, note) SCHEMA_NAME(PREFIX, name),
#define FIELD(name, path, type, dims, flags, units, note) \
    SCHEMA_NAME(PREFIX, name),
#define FAMILY(name, path, type, dims, flags, units, note) \
    SCHEMA_NAME(PREFIX, name),
#define TABLE(name, path, dims, flags, note) SCHEMA_NAME(PREFIX, name),
#define COLUMN(table, name, type, units, note)
#define END(table)
#include "kinds.def"

/* Rows of the tables. */
#define SCHEMA_MEMBER_I32(name) int32_t name;
#define SCHEMA_MEMBER_I64(name) int64_t name;
#define SCHEMA_MEMBER_F64(name) double name;
#define SCHEMA_MEMBER_BOOL(name) int8_t name;
#define SCHEMA_MEMBER_SPLIT(name) uint8_t name;
#define SCHEMA_MEMBER_ROLE(name) uint8_t name;
#define SCHEMA_MEMBER_TEXT(name) char name[H5_TEXT_SIZE];
#define SCHEMA_MEMBER_LINE(name) char name[H5_LINE_SIZE];

#define BEGIN
#define FINISH
#define SCHEMA(kind, version, title)
#define ATTR(name, type, flags, units, note)
#define FIELD(name, path, type, dims, flags, units, note)
#define FAMILY(name, path, type, dims, flags, units, note)
#define TABLE(name, path, dims, flags, note) struct SCHEMA_NAME(KIND, name) {
#define COLUMN(table, name, type, units, note) SCHEMA_MEMBER_##type(name)
#define END(table) };
#include "kinds.def"

extern const struct h5schema schema_data, schema_model, schema_activations,
    schema_interventions, schema_alignment, schema_similarity, schema_report,
    schema_checkpoint;

extern const struct h5schema *const schema_menu[];      /* NULL-ended */

#endif
