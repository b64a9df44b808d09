// SPDX-License-Identifier: Apache-2.0
// Rows: typed descriptions of the fields of a plain C struct.
//
// Parameters and results of every operation are structs described by a static array of rows. From
// the rows alone come the command line, help, HTTP, forms, OpenAPI, TypeScript and Python types. A
// row whose type does not match its field does not compile (see SL_FIELD).
#ifndef SLITLAMP_ROW_H
#define SLITLAMP_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <slitlamp/error.h>

#ifdef __cplusplus
extern "C" {
#endif

// The closed set of types, with the C type of the field in brackets.
typedef enum sl_row_type {
  SL_T_END = 0,
  SL_T_BOOL,    // [bool]
  SL_T_INT,     // [int64_t]; SL_INT_NULL is JSON null in results that are SL_ROW_NULLABLE
  SL_T_REAL,    // [double]; NaN is JSON null
  SL_T_TEXT,    // [const char *]; NULL is JSON null
  SL_T_ENUM,    // [int32_t], index into `choices`
  SL_T_PATH,    // [const char *] a path of this machine
  SL_T_ID,      // [const char *] "r12"; `kind` names what it points to
  SL_T_KEY,     // [const char *] content key of a blob
  SL_T_RECORD,  // [struct] nested rows; results only
  SL_T_VARIANT  // [sl_variant] an item of another registry with its own parameters
} sl_row_type;

enum {
  SL_ROW_LIST = 1u << 0,        // the field is the sl_... list type of the row's type
  SL_ROW_REQUIRED = 1u << 1,    // a parameter without a default
  SL_ROW_POSITIONAL = 1u << 2,  // may stand on the command line without its name
  SL_ROW_ADVANCED = 1u << 3,    // folded away in forms and in short help
  SL_ROW_NULLABLE = 1u << 4     // an int of a result that may be SL_INT_NULL
};

#define SL_INT_NULL INT64_MIN

typedef struct sl_ints {
  const int64_t *at;
  int64_t count;
} sl_ints;
typedef struct sl_reals {
  const double *at;
  int64_t count;
} sl_reals;
typedef struct sl_texts {
  const char *const *at;
  int64_t count;
} sl_texts;
typedef struct sl_records {
  const void *at;
  int64_t count;
} sl_records;

typedef struct sl_choice {
  const char *name, *help;
} sl_choice;  // an array of choices ends with a NULL name

struct sl_row;

// The head every registry row begins with.
typedef struct sl_item {
  const char *name, *title, *help, *since;
  uint32_t flags;
  const struct sl_row *params;  // ends with SL_T_END
  size_t params_size;
} sl_item;

typedef struct sl_registry {
  const char *name;
  const sl_item *const *items;
  size_t count;
} sl_registry;

typedef struct sl_variant {
  int64_t index;       // into the registry; -1 is none
  const void *params;  // the item's parameter struct
} sl_variant;
typedef struct sl_variants {
  const sl_variant *at;
  int64_t count;
} sl_variants;

typedef struct sl_row {
  const char *name;
  sl_row_type type;
  uint32_t flags;
  size_t offset;
  double min, max;              // inclusive, of int and real; max also bounds text length and lists
  double fallback;              // default of bool, int, real and enum
  const char *fallback_text;    // default of text-like types; NULL is none
  const char *unit;             // "px", "ms", "samples"; NULL is none
  const char *kind;             // of an id: "run", "dataset", ...
  const sl_choice *choices;     // of an enum; suggestions of a text
  const struct sl_row *rows;    // of a record
  size_t record_size;           // of a record
  const sl_registry *registry;  // of a variant
  const char *help;
} sl_row;

// Offset of field f of struct S; a compile error unless the field has type T.
#define SL_FIELD(S, f, T) \
  (offsetof(S, f) + 0 * sizeof(char[_Generic(((S *)0)->f, T : 1, default : -1)]))

// ---- parameters: with default and range -------------------------------------------------------
#define SL_P_BOOL(S, f, def, doc)                                                               \
  {                                                                                             \
    .name = #f, .type = SL_T_BOOL, .offset = SL_FIELD(S, f, bool), .max = 1, .fallback = (def), \
    .help = (doc)                                                                               \
  }
#define SL_P_INT(S, f, lo, hi, def, unit_, doc)                                                \
  {                                                                                            \
    .name = #f, .type = SL_T_INT, .offset = SL_FIELD(S, f, int64_t), .min = (lo), .max = (hi), \
    .fallback = (def), .unit = (unit_), .help = (doc)                                          \
  }
#define SL_P_REAL(S, f, lo, hi, def, unit_, doc)                                               \
  {                                                                                            \
    .name = #f, .type = SL_T_REAL, .offset = SL_FIELD(S, f, double), .min = (lo), .max = (hi), \
    .fallback = (def), .unit = (unit_), .help = (doc)                                          \
  }
#define SL_P_ENUM(S, f, choices_, def, doc)                                                  \
  {                                                                                          \
    .name = #f, .type = SL_T_ENUM, .offset = SL_FIELD(S, f, int32_t), .choices = (choices_), \
    .fallback = (def), .help = (doc)                                                         \
  }
#define SL_P_TEXT_(S, f, type_, flags_, def, kind_, doc)                                    \
  {                                                                                         \
    .name = #f, .type = (type_), .flags = (flags_), .offset = SL_FIELD(S, f, const char *), \
    .max = 65536, .fallback_text = (def), .kind = (kind_), .help = (doc)                    \
  }
#define SL_P_TEXT(S, f, def, doc) SL_P_TEXT_(S, f, SL_T_TEXT, 0, def, NULL, doc)
#define SL_P_PATH(S, f, flags_, doc) SL_P_TEXT_(S, f, SL_T_PATH, flags_, NULL, NULL, doc)
#define SL_P_ID(S, f, kind_, flags_, doc) SL_P_TEXT_(S, f, SL_T_ID, flags_, NULL, kind_, doc)
// An item of a registry with its own parameters: {"name": {...}}, or "name" alone.
#define SL_P_VARIANT(S, f, registry_, flags_, doc)                                             \
  {                                                                                            \
    .name = #f, .type = SL_T_VARIANT, .flags = (flags_), .offset = SL_FIELD(S, f, sl_variant), \
    .registry = &(registry_), .help = (doc)                                                    \
  }
#define SL_P_TEXTS_(S, f, type_, flags_, doc)                       \
  {                                                                 \
    .name = #f, .type = (type_), .flags = SL_ROW_LIST | (flags_),   \
    .offset = SL_FIELD(S, f, sl_texts), .max = 65536, .help = (doc) \
  }
#define SL_P_TEXTS(S, f, flags_, doc) SL_P_TEXTS_(S, f, SL_T_TEXT, flags_, doc)
#define SL_P_PATHS(S, f, flags_, doc) SL_P_TEXTS_(S, f, SL_T_PATH, flags_, doc)
#define SL_P_REALS(S, f, lo, hi, doc)                                                        \
  {                                                                                          \
    .name = #f, .type = SL_T_REAL, .flags = SL_ROW_LIST, .offset = SL_FIELD(S, f, sl_reals), \
    .min = (lo), .max = (hi), .help = (doc)                                                  \
  }

// ---- results -----------------------------------------------------------------------------------
#define SL_R_(S, f, type_, T, unit_, doc) \
  { .name = #f, .type = (type_), .offset = SL_FIELD(S, f, T), .unit = (unit_), .help = (doc) }
#define SL_R_BOOL(S, f, doc) SL_R_(S, f, SL_T_BOOL, bool, NULL, doc)
#define SL_R_INT(S, f, unit_, doc) SL_R_(S, f, SL_T_INT, int64_t, unit_, doc)
#define SL_R_INT_OR_NULL(S, f, unit_, doc)                                                     \
  {                                                                                            \
    .name = #f, .type = SL_T_INT, .flags = SL_ROW_NULLABLE, .offset = SL_FIELD(S, f, int64_t), \
    .unit = (unit_), .help = (doc)                                                             \
  }
#define SL_R_REAL(S, f, unit_, doc) SL_R_(S, f, SL_T_REAL, double, unit_, doc)
#define SL_R_TEXT(S, f, doc) SL_R_(S, f, SL_T_TEXT, const char *, NULL, doc)
#define SL_R_PATH(S, f, doc) SL_R_(S, f, SL_T_PATH, const char *, NULL, doc)
#define SL_R_KEY(S, f, doc) SL_R_(S, f, SL_T_KEY, const char *, NULL, doc)
#define SL_R_ID(S, f, kind_, doc)                                                         \
  {                                                                                       \
    .name = #f, .type = SL_T_ID, .offset = SL_FIELD(S, f, const char *), .kind = (kind_), \
    .help = (doc)                                                                         \
  }
#define SL_R_ENUM(S, f, choices_, doc)                                                       \
  {                                                                                          \
    .name = #f, .type = SL_T_ENUM, .offset = SL_FIELD(S, f, int32_t), .choices = (choices_), \
    .help = (doc)                                                                            \
  }
#define SL_R_LIST_(S, f, type_, T, doc) \
  { .name = #f, .type = (type_), .flags = SL_ROW_LIST, .offset = SL_FIELD(S, f, T), .help = (doc) }
#define SL_R_INTS(S, f, doc) SL_R_LIST_(S, f, SL_T_INT, sl_ints, doc)
#define SL_R_REALS(S, f, doc) SL_R_LIST_(S, f, SL_T_REAL, sl_reals, doc)
#define SL_R_TEXTS(S, f, doc) SL_R_LIST_(S, f, SL_T_TEXT, sl_texts, doc)
#define SL_R_RECORD(S, f, T, rows_, doc)                                           \
  {                                                                                \
    .name = #f, .type = SL_T_RECORD, .offset = SL_FIELD(S, f, T), .rows = (rows_), \
    .record_size = sizeof(T), .help = (doc)                                        \
  }
// A list of records of type T; the field is sl_records.
#define SL_R_RECORDS(S, f, T, rows_, doc)                                                        \
  {                                                                                              \
    .name = #f, .type = SL_T_RECORD, .flags = SL_ROW_LIST, .offset = SL_FIELD(S, f, sl_records), \
    .rows = (rows_), .record_size = sizeof(T), .help = (doc)                                     \
  }
#define SL_ROW_END \
  { .type = SL_T_END }

// "bool", "int", ... ; never NULL.
SL_API const char *sl_row_type_name(sl_row_type type);

#ifdef __cplusplus
}
#endif
#endif
